import http from "node:http";

export interface RawProblem {
	code: string;
	[detail: string]: unknown;
}

/** An answer as it came, and as JSON where it is some. */
export interface RawAnswer {
	status: number;
	headers: http.IncomingHttpHeaders;
	text: string;
	data: Record<string, Record<string, unknown> | null> | null | undefined;
	/** Of GraphQL. */
	errors: { message: string; extensions: RawProblem }[];
	/** Of REST. */
	error: (RawProblem & { message: string }) | undefined;
}

export interface RawRequest {
	agent?: http.Agent;
	method?: string;
	headers?: Record<string, string>;
	body?: string | Buffer;
}

/** Sends exactly what is given, also what `fetch` would correct or refuse: other paths, origins, hosts. */
export function rawRequest(base: string, path: string, { method = "GET", headers = {}, body, agent }: RawRequest = {}) {
	const { hostname, port } = new URL(base);
	return new Promise<RawAnswer>((resolve, reject) => {
		const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
		const options = { hostname, port, path, method, headers: { ...length, ...headers }, agent: agent ?? false };
		const request = http.request(options, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("error", reject);
			response.on("end", () => {
				const text = Buffer.concat(chunks).toString();
				const json = parsed(text);
				resolve({
					status: response.statusCode!,
					headers: response.headers,
					text,
					data: json.data,
					errors: json.errors ?? [],
					error: json.error,
				});
			});
		});
		request.on("error", reject);
		request.end(body);
	});
}

export function rawGraphQL(base: string, query: string, variables?: object, headers: Record<string, string> = {}) {
	return rawRequest(base, "/graphql", {
		method: "POST",
		headers: { "content-type": "application/json", ...headers },
		body: JSON.stringify({ query, variables }),
	});
}

function parsed(text: string): Partial<Pick<RawAnswer, "data" | "errors" | "error">> {
	try {
		return (JSON.parse(text) ?? {}) as Partial<RawAnswer>;
	} catch {
		// No JSON is an answer too.
		return {};
	}
}
