import type { Server } from "node:http";
import type { ApolloServer } from "@apollo/server";
import type { Context, Service, ServiceSchema } from "moleculer";
import { defineMixin } from "../define";
import type { GraphQLContext } from "./context";
import { createDefinitions, type ServiceDefinition } from "./definitions";
import { route } from "./route";
import { hotQueries, type HotQueries } from "./hot-queries";
import { queryReader } from "./limits";
import { withDefaults, type ApolloOptions } from "./options";
import { reporter, type Report } from "./report";
import { createPubSub, PUBLISH_EVENT, type PubSub } from "./pubsub";
import { buildSchema, type BuiltSchema } from "./build-schema";
import { schemaMethods, type SchemaMethods } from "./schema";
import { startApollo } from "./server";
import { openSockets, type Sockets } from "./sockets";

/** Nodes come and go in bursts, each with several services: one new schema does for all of a burst. */
const SETTLE_MS = 100;

/** What the mixin adds to the gateway. */
export interface WithApollo extends SchemaMethods {
	/** moleculer-web's. Missing in middleware mode, which has no sockets. */
	server?: Server;
	pubsub: PubSub;
	dataLoaderOptions: Map<string, unknown>;
	dataLoaderBatchParams: Map<string, unknown>;
	/** Brings the schema up to date; one at a time, and for nothing where nobody declares anything new. */
	prepareGraphQLSchema(): Promise<void>;
	/** Closes the sockets whose meta fits, after a logout, say. @returns how many */
	endSockets(whose: (meta: Record<string, unknown>) => boolean): number;
	/** What a client may learn of an error; internal ones are logged. For the protocols beside GraphQL. */
	reportProblem: Report;
}

/**
 * Serves one GraphQL schema made of what the services declare under `graphql:`, over HTTP and WebSocket, with Apollo
 * Server 5 and graphql-ws. For a service with moleculer-web's ApiGateway, and before it:
 * `mixins: [Apollo(…), ApiGateway]`.
 */
export function Apollo(options: ApolloOptions): Partial<ServiceSchema> {
	const settings = withDefaults(options);
	const definitions = createDefinitions();
	// A base schema that isn't valid shall stop the start, not the first request.
	if (settings.baseSchema) schemaMethods(settings).generateGraphQLSchema([]);
	const reader = queryReader(settings.limits);
	const pubsub = createPubSub(settings.subscriptions.maxPendingEvents);
	let current: (BuiltSchema & { apollo: ApolloServer<GraphQLContext>; hot: HotQueries }) | undefined;
	let preparing = Promise.resolve();
	let settling: NodeJS.Timeout | undefined;
	let sockets: Sockets | undefined;
	let stopping = false;

	const http = { settings, reader, apollo: () => current?.apollo, hot: () => current?.hot };

	const prepare = async (service: Service & WithApollo): Promise<void> => {
		const live = service.broker.registry.getServiceList({ withActions: true }) as unknown as ServiceDefinition[];
		if (!definitions.learn(live) && current) return;
		const served = new Set(current?.services.map(({ fullName }) => fullName));
		const built = buildSchema(service, definitions.all(), served, ({ fullName }, reason) => {
			service.logger.error(`What ${fullName} declares doesn't fit into the GraphQL schema and is left out:`, reason);
		});
		if (!built) return;
		const apollo = await startApollo(built.schema, { settings, logger: service.logger, report: service.reportProblem });
		const old = current;
		current = { ...built, apollo, hot: hotQueries(built.schema, settings) };
		service.buildLoaderOptionMap(built.services);
		service.logger.info(
			`The GraphQL schema serves ${built.services.map(({ fullName }) => fullName).join(", ") || "nobody yet"}`,
		);
		await old?.apollo.stop();
	};

	const start = async function (this: Service & WithApollo): Promise<void> {
		await this.prepareGraphQLSchema();
		if (!this.server) return;
		sockets = openSockets(this.server, {
			service: this,
			settings,
			reader,
			report: this.reportProblem,
			pubsub,
			schema: () => current?.schema,
			openContext: (meta) => this.actions["openGraphQLContext"]!({}, { meta }),
		});
	};

	return defineMixin<WithApollo>({
		actions: {
			/** A context without a deadline, for what goes on over a socket. */
			openGraphQLContext: { visibility: "private", timeout: 0, tracing: false, handler: (ctx: Context) => ctx },
		},
		events: {
			"$services.changed"(this: Service & WithApollo) {
				if (stopping) return;
				settling ??= setTimeout(() => {
					settling = undefined;
					void this.prepareGraphQLSchema();
				}, SETTLE_MS);
			},
			[PUBLISH_EVENT](ctx: Context<{ tag: string; payload: unknown }>) {
				pubsub.publish(ctx.params.tag, ctx.params.payload);
			},
		},
		methods: {
			...schemaMethods(settings, definitions.paramsOf),
			async prepareGraphQLSchema() {
				const one = preparing.then(() => prepare(this));
				preparing = one.catch((error: unknown) => this.logger.error("The GraphQL schema stays as it was:", error));
				await preparing;
			},
			endSockets: (whose: (meta: Record<string, unknown>) => boolean) => sockets?.end(whose) ?? 0,
			reportProblem(error: unknown, requestId?: string | null) {
				return reporter({ logger: this.logger, formatError: settings.formatError })(error, requestId);
			},
		},
		/** ApiGateway makes its routes when it is created and listens when it is started: ours comes before each. */
		merged(schema) {
			const { routes = [] } = schema.settings as { routes?: unknown[] };
			schema.settings = { ...schema.settings, routes: [route(http), ...routes] } as typeof schema.settings;
			schema.started = [start, ...[schema.started ?? []].flat()] as typeof schema.started;
		},
		created() {
			this.pubsub = pubsub;
			this.dataLoaderOptions = new Map();
			this.dataLoaderBatchParams = new Map();
		},
		/** Before ApiGateway's, which waits for every socket. Apollo goes on: requests are still coming, and it holds nothing. */
		async stopped() {
			stopping = true;
			clearTimeout(settling);
			await sockets?.stop();
		},
	});
}
