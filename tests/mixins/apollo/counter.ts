import { Errors, type Context, type ServiceSchema } from "moleculer";
import type { SocketContext } from "../../../mixins/apollo/context";
import type { ApolloOptions } from "../../../mixins/apollo/options";
import { publish } from "../../../mixins/apollo/pubsub";

/** A counter that other services read and that tells when it has changed. */
export function counter(): ServiceSchema {
	let value = 0;
	return {
		name: "counter",
		actions: {
			get: { graphql: { query: "count: Int!" }, handler: () => value },
			add: {
				graphql: { mutation: "add(input: Step!): Int!", input: "input Step { by: Int! }" },
				params: { by: "number" },
				async handler(ctx: Context<{ by: number }>) {
					value += ctx.params.by;
					await publish(ctx, "counted", { value });
					return value;
				},
			},
			mine: { handler: (ctx: Context<unknown, { name?: string }>) => ctx.meta.name ?? "nobody" },
			/** The generated kind of subscription: tags, a filter, and an action that makes the answer. */
			even: {
				graphql: { subscription: "even: Int!", tags: ["counted"], filter: "counter.isEven" },
				handler: (ctx: Context<{ payload: { value: number } }>) => ctx.params.payload.value,
			},
			isEven: (ctx: Context<{ payload: { value: number } }>) => ctx.params.payload.value % 2 === 0,
			patience: { handler: (ctx: Context) => String(ctx.options.timeout) },
		},
	};
}

const baseSchema = `
	type Query { count: Int! whoami: String big(kilobytes: Int!): String! }
	type Subscription { counted: Int! refused: Int! reminded: Boolean! named: String! patience: String! even: Int! }
`;

interface Counted {
	value: number;
}

const resolvers: ApolloOptions["resolvers"] = {
	Query: {
		whoami: (_parent, _args, { ctx }: SocketContext) => ctx.call("counter.mine"),
		big: (_parent, { kilobytes }: { kilobytes: number }) => "x".repeat(kilobytes * 1_000),
	},
	Subscription: {
		counted: {
			async *subscribe(_parent: unknown, _args: unknown, { ctx, events }: SocketContext) {
				const later = events<Counted>("counted");
				yield { counted: await ctx.call<number>("counter.get") };
				for await (const { value } of later) yield { counted: value };
			},
		},
		refused: {
			subscribe() {
				throw new Errors.MoleculerClientError("Not yours", 404, "NOT_FOUND");
			},
		},
		reminded: {
			subscribe: (_parent: unknown, _args: unknown, { events }: SocketContext) => events("never", { remindMs: 20 }),
			resolve: (payload: unknown) => payload === undefined,
		},
		named: {
			subscribe: (_parent: unknown, _args: unknown, { events }: SocketContext) => events("named"),
			resolve: (_payload: unknown, _args: unknown, { ctx, dataLoaders }: SocketContext) => {
				dataLoaders.set(`event ${dataLoaders.size}`, {});
				return ctx.call<string>("counter.mine").then((name) => `${name} ${dataLoaders.size}`);
			},
		},
		patience: {
			subscribe: (_parent: unknown, _args: unknown, { events }: SocketContext) => events("named"),
			resolve: (_payload: unknown, _args: unknown, { ctx }: SocketContext) => ctx.call<string>("counter.patience"),
		},
	},
};

async function authenticate(_ctx: Context, authorization: string | undefined) {
	if (authorization === "Bearer bad") throw new Errors.MoleculerClientError("Who?", 401, "UNAUTHENTICATED");
	if (authorization === "Bearer late") throw new Errors.ServiceNotFoundError({ action: "users.verify" });
	return { name: authorization?.slice(7) };
}

export const options: Partial<ApolloOptions> = {
	baseSchema,
	resolvers,
	authenticate,
	subscriptions: { maxPerSocket: 3 },
};
