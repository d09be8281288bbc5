import http from "node:http";

/** A shop's GraphQL, over connections that are kept open: one for each request under way. */
export interface Door {
	ask<Data>(query: string, variables: object, token?: string): Promise<Data>;
	/** The answer as it came. */
	post(body: string): Promise<string>;
}

export function doorOf(url: string): Door {
	const agent = new http.Agent({ keepAlive: true, noDelay: true });

	function post(body: string, token?: string): Promise<string> {
		return new Promise((resolve, reject) => {
			const headers = {
				"content-type": "application/json",
				"content-length": Buffer.byteLength(body),
				...(token !== undefined && { authorization: `Bearer ${token}` }),
			};
			const request = http.request(`${url}/graphql`, { method: "POST", agent, headers }, (response) => {
				const chunks: Buffer[] = [];
				response.on("data", (chunk: Buffer) => chunks.push(chunk));
				response.on("end", () => resolve(Buffer.concat(chunks).toString()));
				response.on("error", reject);
			});
			request.on("error", reject);
			request.end(body);
		});
	}

	return {
		post,
		async ask<Data>(query: string, variables: object, token?: string) {
			const text = await post(JSON.stringify({ query, variables }), token);
			const { data, errors } = JSON.parse(text) as { data: Data; errors?: unknown };
			if (errors !== undefined) throw new Error(`The shop refused: ${text}`);
			return data;
		},
	};
}
