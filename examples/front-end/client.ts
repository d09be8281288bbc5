import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { Refresh, type Document, type Session } from "./documents";

/** The shop has said no. `code` is one of docs/front-end.md. */
export class ShopError extends Error {
	override readonly name = "ShopError";

	constructor(
		readonly code: string,
		message: string,
		/** What stands beside the code, e.g. `fields` or `retryAfter`. */
		readonly details: Record<string, unknown> = {},
	) {
		super(message);
	}
}

/** Somebody at the shop: everything that is asked is asked as whoever has signed in. */
export interface Client {
	/** @throws {ShopError} */
	ask<Result, Variables>(document: Document<Result, Variables>, variables: Variables): Promise<Result>;
	/** Answers as they come, until the shop says that there will be no more. @throws {ShopError} */
	follow<Result, Variables>(document: Document<Result, Variables>, variables: Variables): AsyncIterable<Result>;
	signIn(session: Session): void;
}

interface Answer<Result> {
	data?: Result | null;
	errors?: readonly GraphQLProblem[];
}

interface GraphQLProblem {
	message: string;
	extensions?: { code?: unknown };
}

/** @param shop its address, such as http://127.0.0.1:3000 */
export function clientOf(shop: string): Client {
	let session: Session | undefined;
	const authorization = (): Record<string, string> =>
		session ? { authorization: `Bearer ${session.accessToken}` } : {};

	async function send<Result, Variables>(document: Document<Result, Variables>, variables: Variables): Promise<Result> {
		const response = await fetch(`${shop}/graphql`, {
			method: "POST",
			headers: { "content-type": "application/json", ...authorization() },
			body: JSON.stringify({ query: document.text, variables }),
			signal: AbortSignal.timeout(10_000),
		});
		return resultOf((await response.json()) as Answer<Result>);
	}

	return {
		async ask(document, variables) {
			try {
				return await send(document, variables);
			} catch (error) {
				if (!session || (error as ShopError).code !== "UNAUTHENTICATED") throw error;
				// The access token is good for 15 minutes. The refresh token is good once, and brings the next one along.
				const { refreshToken } = session;
				session = undefined;
				session = (await send(Refresh, { refreshToken })).refreshSession;
				return send(document, variables);
			}
		},
		async *follow<Result, Variables>(document: Document<Result, Variables>, variables: Variables) {
			const socket = createClient({
				url: `${shop.replace("http", "ws")}/graphql`,
				webSocketImpl: WebSocket,
				connectionParams: authorization,
			});
			try {
				const query = { query: document.text, variables: variables as Record<string, unknown> };
				for await (const answer of socket.iterate<Result>(query)) yield resultOf(answer as Answer<Result>);
			} finally {
				await socket.dispose();
			}
		},
		signIn(opened) {
			session = opened;
		},
	};
}

function resultOf<Result>({ data, errors }: Answer<Result>): Result {
	const [problem] = errors ?? [];
	if (problem) {
		const { code, ...details } = problem.extensions ?? {};
		throw new ShopError(String(code), problem.message, details);
	}
	if (!data) throw new ShopError("INTERNAL_SERVER_ERROR", "The shop sent an empty answer");
	return data;
}
