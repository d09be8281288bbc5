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
			const response = await fetch(`${urlOf()}/graphql`, {
				method: "POST",
				headers: { "content-type": "application/json", ...bearer(as) },
				body: JSON.stringify({ query: operation, variables }),
			});
			const answer = (await response.json()) as GraphQLAnswer;
			const [error] = answer.errors ?? [];
			if (error) {
				const { code, ...details } = error.extensions;
				throw new Refusal(code, error.message, response.status, details);
			}
			return Object.values(answer.data!)[0] as Answer;
		},

		async rest(method, path, { as, body, headers = {} } = {}) {
			const response = await fetch(`${urlOf()}/api${path}`, {
				method,
				headers: { ...(body && { "content-type": "application/json" }), ...bearer(as), ...headers },
				...(body && { body: JSON.stringify(body) }),
			});
			const text = await response.text();
			return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
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

interface GraphQLAnswer {
	data?: Record<string, unknown>;
	errors?: { message: string; extensions: Record<string, unknown> & { code: string } }[];
}

function bearer(as: Account | undefined): Record<string, string> {
	return as ? { authorization: `Bearer ${as.token}` } : {};
}
