import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { ORDER_FIELDS, type Account, type Order } from "./shop-types";

/** The shop has said no. */
export class Refusal extends Error {
	override readonly name = "Refusal";

	constructor(
		readonly code: string,
		message: string,
		/** HTTP's. */
		readonly status: number,
		/** What stands beside the code. */
		readonly details: Record<string, unknown>,
	) {
		super(`${code}: ${message}`);
	}
}

export interface RestAnswer {
	status: number;
	headers: Headers;
	body: Record<string, unknown>;
}

export interface RestRequest {
	as?: Account;
	body?: object;
	headers?: Record<string, string>;
}

/** What a subscription has told so far. */
export interface Following {
	states: Order[];
	ended: boolean;
	/** Why it was refused or broke off. */
	failure: unknown;
	stop(): Promise<void>;
}

/** The shop's public side, as a front end uses it. */
export interface Door {
	/** Answers the one field of the operation. @throws {Refusal} */
	graphql<Answer>(operation: string, variables?: object, as?: Account): Promise<Answer>;
	rest(method: string, path: string, request?: RestRequest): Promise<RestAnswer>;
	follow(subscription: "orderStatus" | "orderUpdated", orderId: string, as?: Account): Following;
}

/** @param urlOf the gateway's address now: it changes with a restart */
export function doorOf(urlOf: () => string): Door {
	return {
		async graphql<Answer>(operation: string, variables: object = {}, as?: Account) {
			const ask = async () => {
				const response = await fetch(`${urlOf()}/graphql`, {
					method: "POST",
					headers: { "content-type": "application/json", ...bearer(as) },
					body: JSON.stringify({ query: operation, variables }),
				});
				return { status: response.status, ...((await response.json()) as GraphQLAnswer) };
			};
			const { status, data, errors = [] } = await comingBack(ask, ({ errors }) => errors?.[0]?.extensions);
			const [error] = errors;
			if (error) {
				const { code, ...details } = error.extensions;
				throw new Refusal(code, error.message, status, details);
			}
			return Object.values(data!)[0] as Answer;
		},

		async rest(method, path, { as, body, headers = {} } = {}) {
			const ask = async (): Promise<RestAnswer> => {
				const response = await fetch(`${urlOf()}/api${path}`, {
					method,
					headers: { ...(body && { "content-type": "application/json" }), ...bearer(as), ...headers },
					...(body && { body: JSON.stringify(body) }),
				});
				const text = await response.text();
				return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
			};
			return comingBack(ask, (answer) => answer.body?.["error"] as Problem | undefined);
		},

		follow(subscription, orderId, as) {
			const client = createClient({
				url: `${urlOf().replace("http", "ws")}/graphql`,
				webSocketImpl: WebSocket,
				retryAttempts: 0,
				connectionParams: as ? { authorization: `Bearer ${as.token}` } : {},
			});
			const following: Following = {
				states: [],
				ended: false,
				failure: undefined,
				stop: async () => client.dispose(),
			};
			client.subscribe<Record<string, Order>>(
				{
					query: `subscription ($id: ID!) { ${subscription}(orderId: $id) { ${ORDER_FIELDS} } }`,
					variables: { id: orderId },
				},
				{
					next({ data, errors }) {
						if (errors) following.failure = errors;
						else following.states.push(data![subscription]!);
					},
					error: (failure) => (following.failure = failure),
					complete: () => (following.ended = true),
				},
			);
			return following;
		},
	};
}

type Problem = Record<string, unknown> & { code: string };

interface GraphQLAnswer {
	data?: Record<string, unknown>;
	errors?: { message: string; extensions: Problem }[];
}

/** Longer than any crowd of these tests lasts. */
const COMING_BACK_MS_MAX = 60_000;

/**
 * Comes back when the shop is overloaded, after the time that it names, as front ends do. Nothing has been done of what
 * was refused so, and on a machine that is busy with other tests it says no more than that.
 */
async function comingBack<Answer>(
	ask: () => Promise<Answer>,
	problemIn: (answer: Answer) => Problem | undefined,
): Promise<Answer> {
	const endMs = performance.now() + COMING_BACK_MS_MAX;
	for (;;) {
		const answer = await ask();
		const problem = problemIn(answer);
		if (problem?.code !== "OVERLOADED" || performance.now() > endMs) return answer;
		await pause(Number(problem["retryAfter"]) * 1_000);
	}
}

function bearer(as: Account | undefined): Record<string, string> {
	return as ? { authorization: `Bearer ${as.token}` } : {};
}
