import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
	ApolloServerPluginCacheControlDisabled,
	ApolloServerPluginInlineTraceDisabled,
	ApolloServerPluginLandingPageDisabled,
	ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { GraphQLError, OperationTypeNode, type GraphQLSchema } from "graphql";
import type { Logger } from "moleculer";
import type { GraphQLContext } from "./context";
import { landingPage } from "./landing";
import type { Settings } from "./options";
import { formatted, type Report } from "./report";
import { validationRules } from "./rules";

/** After this many the rest of a query's mistakes is not interesting any more. */
export const MAX_VALIDATION_ERRORS = 10;

export interface ApolloParts {
	settings: Settings;
	logger: Logger;
	report: Report;
}

/** Apollo Server for one schema. A new schema gets a new one; requests that the old one has begun end there. */
export async function startApollo(schema: GraphQLSchema, parts: ApolloParts): Promise<ApolloServer<GraphQLContext>> {
	const { settings, logger, report } = parts;
	const requestIds = new WeakMap<object, string>();
	const server = new ApolloServer<GraphQLContext>({
		schema,
		logger,
		nodeEnv: "production",
		// Ours to decide, by a rule that the sockets share.
		introspection: true,
		validationRules: validationRules(settings),
		validationOptions: { maxErrors: MAX_VALIDATION_ERRORS },
		parseOptions: { maxTokens: settings.limits.tokens },
		// A store that strangers fill is of no use here.
		persistedQueries: false,
		csrfPrevention: true,
		allowBatchedHttpRequests: false,
		includeStacktraceInErrorResponses: false,
		stopOnTerminationSignals: false,
		formatError: (_, error) => formatted(error, report(error, requestIds.get(error as object))),
		plugins: [
			settings.development ? landingPage(settings.path) : ApolloServerPluginLandingPageDisabled(),
			// Each of these either wraps every resolver or calls home.
			ApolloServerPluginCacheControlDisabled(),
			ApolloServerPluginInlineTraceDisabled(),
			ApolloServerPluginUsageReportingDisabled(),
			refuseSubscriptions,
			rememberRequests(requestIds),
			sendRetryAfter,
		],
	});
	await server.start();
	return server;
}

/** Executed as a query, a subscription would answer once, with nothing. */
const refuseSubscriptions: ApolloServerPlugin<GraphQLContext> = {
	async requestDidStart() {
		return {
			async didResolveOperation({ operation }) {
				if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return;
				throw new GraphQLError("Subscriptions are served over WebSocket (graphql-transport-ws)", {
					extensions: { code: "BAD_USER_INPUT", http: { status: 400 } },
				});
			},
		};
	},
};

/** Apollo formats errors without saying whose; the log wants the request's id. */
function rememberRequests(requestIds: WeakMap<object, string>): ApolloServerPlugin<GraphQLContext> {
	return {
		async requestDidStart() {
			return {
				async didEncounterErrors({ errors, contextValue }) {
					const { requestID } = contextValue.ctx;
					if (requestID) for (const error of errors) requestIds.set(error, requestID);
				},
			};
		},
	};
}

const sendRetryAfter: ApolloServerPlugin<GraphQLContext> = {
	async requestDidStart() {
		return {
			async willSendResponse({ response }) {
				if (response.body.kind !== "single") return;
				const seconds = (response.body.singleResult.errors ?? []).map((error) =>
					Number(error.extensions?.["retryAfter"] ?? 0),
				);
				const longest = Math.max(0, ...seconds);
				if (longest > 0) response.http.headers.set("retry-after", String(longest));
			},
		};
	},
};
