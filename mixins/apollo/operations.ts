import type { IncomingMessage } from "node:http";
import { GraphQLError, specifiedRules, validate, type ExecutionArgs, type GraphQLSchema } from "graphql";
import { CloseCode, type ServerOptions, type SubscribePayload } from "graphql-ws";
import type { Context, Service } from "moleculer";
import type { WebSocket } from "ws";
import { socketContext, type SocketContext } from "./context";
import { executeOnce, subscribeFresh } from "./execution";
import type { QueryReader } from "./limits";
import { requestInfo, type Settings } from "./options";
import { formatted, type Report } from "./report";
import type { PubSub } from "./pubsub";
import { rootFieldsOf } from "./root-fields";
import { validationRules } from "./rules";
import { MAX_VALIDATION_ERRORS } from "./server";

/** 1013 of RFC 6455's registry: the client did nothing wrong and may come back. */
const TRY_AGAIN_LATER = 1013;

/** What a socket knows from its handshake and its `connection_init`. */
export interface Connection {
	socket: WebSocket;
	request: IncomingMessage;
	meta?: Record<string, unknown>;
}

export interface SocketParts {
	service: Service;
	settings: Settings;
	reader: QueryReader;
	report: Report;
	pubsub: PubSub;
	schema(): GraphQLSchema | undefined;
	/** A Moleculer context without a deadline, or a subscription's calls would inherit one. */
	openContext(meta: Record<string, unknown>): Promise<Context>;
}

export interface SocketOperations {
	options: ServerOptions<Record<string, unknown> | undefined, Connection>;
	/** Takes no more operations; resolves when no query or mutation is under way. Subscriptions go on. */
	drain(): Promise<void>;
}

/** GraphQL over a socket: the protocol is graphql-ws', limits, errors and context are the same as over HTTP. */
export function socketOperations(parts: SocketParts): SocketOperations {
	const { settings, report } = parts;
	const underWay = new Set<Promise<unknown>>();
	let draining = false;

	const executeTracked = async (args: ExecutionArgs) => {
		const answer = executeOnce(args);
		underWay.add(answer);
		try {
			return await answer;
		} finally {
			underWay.delete(answer);
		}
	};

	const options: SocketOperations["options"] = {
		connectionInitWaitTimeout: settings.subscriptions.connectionInitWaitMs,
		onConnect: ({ connectionParams, extra }) => connect(parts, connectionParams?.["authorization"], extra),
		async onSubscribe({ extra, subscriptions }, _id, payload) {
			const atOnce = Object.keys(subscriptions).length;
			try {
				if (draining) throw goingAway();
				if (atOnce > settings.subscriptions.maxPerSocket) throw tooManyOperations(settings.subscriptions.maxPerSocket);
				return await prepare(parts, payload, extra);
			} catch (error) {
				return [
					error instanceof GraphQLError ? error : new GraphQLError("Not accepted", { originalError: error as Error }),
				];
			}
		},
		execute: executeTracked,
		subscribe: subscribeFresh,
		onNext(_ctx, _id, _payload, args, result) {
			if (!result.errors) return undefined;
			const { requestID } = (args.contextValue as SocketContext).ctx;
			return { ...result, errors: result.errors.map((error) => formatted(error, report(error, requestID))) };
		},
		onError: (_ctx, _id, _payload, errors) => errors.map((error) => formatted(error, report(error))),
	};

	return {
		options,
		async drain() {
			draining = true;
			await Promise.allSettled(underWay);
		},
	};
}

async function connect(parts: SocketParts, authorization: unknown, connection: Connection): Promise<boolean> {
	const { settings, report } = parts;
	try {
		const ctx = await parts.openContext({});
		const text = typeof authorization === "string" ? authorization : undefined;
		const meta = await settings.authenticate(ctx, text, requestInfo(settings, connection.request));
		connection.meta = meta;
		const expiresAt = settings.expiresAt?.(meta);
		if (expiresAt !== undefined) endAt(connection, expiresAt);
		return true;
	} catch (error) {
		// Closed here with the reason; what graphql-ws does after `false` then comes too late to matter.
		if (report(error).status >= 500) connection.socket.close(TRY_AGAIN_LATER, "Try again later");
		return false;
	}
}

/** setTimeout counts to 2^31 - 1 ms, some 24 days; no session should be that long, and none gets longer by it. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

function endAt({ socket }: Connection, expiresAt: number): void {
	if (socket.readyState !== socket.OPEN) return;
	const leftMs = Math.min(Math.max(expiresAt - Date.now(), 0), LONGEST_TIMEOUT_MS);
	const expiry = setTimeout(() => socket.close(CloseCode.Forbidden, "Session expired"), leftMs);
	socket.once("close", () => clearTimeout(expiry));
}

async function prepare(
	parts: SocketParts,
	payload: SubscribePayload,
	{ meta }: Connection,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
	const { settings, reader, service, pubsub } = parts;
	const schema = parts.schema();
	if (!schema)
		throw new GraphQLError("No service has come yet", { extensions: { code: "UNAVAILABLE", retryAfter: 1 } });
	const document = reader.read(payload.query, payload.variables);
	settings.admit?.(rootFieldsOf(document))?.();
	const rules = [...specifiedRules, ...validationRules(settings)];
	const mistakes = validate(schema, document, rules, { maxErrors: MAX_VALIDATION_ERRORS });
	if (mistakes.length > 0) return mistakes.map(({ message, nodes }) => invalid(message, nodes));
	const ctx = await parts.openContext({ ...meta });
	return {
		schema,
		document,
		operationName: payload.operationName,
		variableValues: payload.variables,
		contextValue: socketContext(service, ctx, pubsub),
	};
}

function invalid(message: string, nodes: GraphQLError["nodes"]): GraphQLError {
	return new GraphQLError(message, { nodes, extensions: { code: "GRAPHQL_VALIDATION_FAILED" } });
}

function goingAway(): GraphQLError {
	return new GraphQLError("This gateway is going away", { extensions: { code: "UNAVAILABLE", retryAfter: 1 } });
}

function tooManyOperations(max: number): GraphQLError {
	return new GraphQLError(`No more than ${max} operations at a time on one socket`, {
		extensions: { code: "RATE_LIMITED", retryAfter: 1 },
	});
}
