import { connect, type Socket } from "node:net";

/** What came back for one request. */
export interface Answer {
	status: number;
	body: string;
	/** Seconds, from the header Retry-After. */
	retryAfterS?: number;
}

/**
 * POSTs GraphQL over plain sockets, each of which carries one request at a time and is kept. Beside a shop on the same
 * two cores Node's own client would take a good part of what is to be measured.
 */
export interface Wire {
	/** @throws when the socket fails, or when the answer does not come: a client that has waited so long has gone */
	post(body: string, token?: string): Promise<Answer>;
	close(): void;
}

interface Line {
	socket: Socket;
	heard: string;
	settle?: { resolve(answer: Answer): void; reject(error: Error): void };
}

const GIVE_UP_MS = 15_000;

export function wireTo(url: string): Wire {
	const { hostname, port } = new URL(url);
	const idle: Line[] = [];
	const all = new Set<Line>();

	const open = (): Line => {
		const line: Line = { socket: connect({ host: hostname, port: Number(port), noDelay: true }), heard: "" };
		all.add(line);
		// One character for each byte, so that lengths are the header's.
		line.socket.setEncoding("latin1").on("data", (text: string) => {
			line.heard += text;
			const answer = answerIn(line.heard);
			if (!answer) return;
			line.heard = "";
			idle.push(line);
			line.settle?.resolve(answer);
		});
		const lose = (error?: Error): void => {
			all.delete(line);
			const place = idle.indexOf(line);
			if (place >= 0) idle.splice(place, 1);
			line.settle?.reject(error ?? new Error("The connection ended before the answer"));
		};
		line.socket.setTimeout(GIVE_UP_MS, () => line.socket.destroy());
		line.socket.on("error", lose).on("close", () => lose());
		return line;
	};

	return {
		post(body, token) {
			const line = idle.pop() ?? open();
			const bearer = token === undefined ? "" : `authorization: Bearer ${token}\r\n`;
			const head = `POST /graphql HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\n${bearer}`;
			return new Promise((resolve, reject) => {
				line.settle = { resolve, reject };
				line.socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
			});
		},
		close() {
			for (const { socket } of all) socket.destroy();
		},
	};
}

function answerIn(heard: string): Answer | undefined {
	const end = heard.indexOf("\r\n\r\n");
	if (end < 0) return undefined;
	const head = heard.slice(0, end);
	const length = /content-length: (\d+)/i.exec(head)?.[1];
	const rest = heard.slice(end + 4);
	const body = length === undefined ? fromChunks(rest) : rest;
	if (body === undefined || body.length < Number(length ?? 0)) return undefined;
	const retryAfter = /retry-after: (\d+)/i.exec(head)?.[1];
	return { status: Number(head.slice(9, 12)), body, ...(retryAfter && { retryAfterS: Number(retryAfter) }) };
}

/** @returns undefined until the last chunk, an empty one, has come */
function fromChunks(text: string): string | undefined {
	let body = "";
	for (let at = 0; ;) {
		const lineEnd = text.indexOf("\r\n", at);
		const length = Number.parseInt(text.slice(at, lineEnd), 16);
		if (lineEnd < 0 || text.length < lineEnd + 2 + length + 2) return undefined;
		if (length === 0) return body;
		body += text.slice(lineEnd + 2, lineEnd + 2 + length);
		at = lineEnd + 2 + length + 2;
	}
}
