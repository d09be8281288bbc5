import type { IncomingMessage } from "node:http";
import type { Context } from "moleculer";
import type { Problem } from "./problem";
import type { Resolvers } from "./schema";

/** Who sends a request, or a socket's handshake. */
export interface RequestInfo {
	ip: string;
	request: IncomingMessage;
}

/** What one GraphQL request may ask for. Past any of these the answer is QUERY_TOO_COMPLEX, before anything runs. */
export interface Limits {
	/** The HTTP body, variables included. */
	bodyBytes: number;
	characters: number;
	tokens: number;
	depth: number;
	aliases: number;
	directives: number;
	/** Fields, with fragments written out and each multiplied by the page sizes above it. */
	cost: number;
	/** A larger page counts as this many: whether it is capped or refused is the action's decision. */
	pageSize: number;
	/** Names of the arguments that say how long a list is. */
	pageArguments: readonly string[];
}

export interface SocketLimits {
	/** Sockets that haven't sent `connection_init` by then are closed with 4408. */
	connectionInitWaitMs: number;
	/** Operations at a time on one socket. */
	maxPerSocket: number;
	maxSockets: number;
	/** Counted by {@link ApolloOptions.addressOf}; the addresses of one network in IPv6 are one. */
	maxSocketsPerAddress: number;
	/** A socket that hasn't answered one ping by the next is ended. */
	keepAliveMs: number;
	/** Of one message; a larger one closes the socket with 1009. */
	maxPayloadBytes: number;
	/** A socket whose client reads so slowly that more than this waits is ended. */
	maxBufferedBytes: number;
	/** A subscription that falls behind by more events than this ends with OVERLOADED. */
	maxPendingEvents: number;
}

export interface ApolloOptions {
	/** e.g. `/graphql`, for HTTP and WebSocket alike */
	path: string;
	/**
	 * SDL that the schema starts from, so that it is complete before any node has come and after one has left.
	 * Root fields that nobody serves answer UNAVAILABLE.
	 */
	baseSchema?: string;
	/** Scalars and hand-written fields; they win over what services declare. */
	resolvers?: Resolvers;
	/** Introspection, suggestions in messages and the landing page are for development alone. */
	development: boolean;
	limits?: Partial<Limits>;
	subscriptions?: Partial<SocketLimits>;
	/** More moleculer-web route settings for the path: `use`, `cors`, `onBeforeCall`, `logging` … */
	route?: Record<string, unknown>;
	/**
	 * Turns what the `authorization` header, or the socket's `connection_init` payload, says into Moleculer's meta.
	 * Throws for a bad token: HTTP answers with that error and its status, a socket is closed with 4403.
	 */
	authenticate?(
		ctx: Context,
		authorization: string | undefined,
		request: RequestInfo,
	): Promise<Record<string, unknown>>;
	/** When what `authenticate` found ends, in milliseconds since 1970; the socket is then closed with 4403. */
	expiresAt?(meta: Record<string, unknown>): number | undefined;
	/** Who is counted; by default the other end of the connection. Set it behind a proxy. */
	addressOf?(request: IncomingMessage): string;
	/**
	 * Asked before each operation runs, over HTTP and over a socket, with the names of the fields that the document's
	 * operations begin with. What it throws is the answer: `OVERLOADED`, say.
	 * @returns what is called when the operation has been answered; on a socket, which may wait for news, at once
	 */
	admit?(rootFields: readonly string[]): () => void;
	/** Which pages' sockets are accepted. By default none but the gateway's own, and clients that are no browsers. */
	allowOrigin?(handshake: IncomingMessage): boolean;
	/** Has the last word on what a client learns of an error. `problem` is what it would learn otherwise. */
	formatError?(error: unknown, problem: Problem): Problem;
}

/** For a shop's queries these leave room several times over; a page of 100 with 40 fields each costs 4,000. */
const defaultLimits: Limits = {
	bodyBytes: 100_000,
	characters: 20_000,
	tokens: 2_000,
	depth: 10,
	aliases: 30,
	directives: 30,
	cost: 10_000,
	pageSize: 100,
	pageArguments: ["take", "first", "last", "limit", "pageSize"],
};

const defaultSocketLimits: SocketLimits = {
	connectionInitWaitMs: 3_000,
	maxPerSocket: 50,
	maxSockets: 10_000,
	maxSocketsPerAddress: 100,
	keepAliveMs: 12_000,
	maxPayloadBytes: 64_000,
	maxBufferedBytes: 1_000_000,
	maxPendingEvents: 256,
};

export type Settings = ApolloOptions &
	Required<Pick<ApolloOptions, "authenticate" | "addressOf" | "allowOrigin">> & {
		limits: Limits;
		subscriptions: SocketLimits;
	};

export function withDefaults(options: ApolloOptions): Settings {
	return {
		authenticate: async () => ({}),
		addressOf: (request) => request.socket.remoteAddress ?? "",
		allowOrigin: isSameOrigin,
		...options,
		limits: { ...defaultLimits, ...options.limits },
		subscriptions: { ...defaultSocketLimits, ...options.subscriptions },
	};
}

function isSameOrigin({ headers: { origin, host } }: IncomingMessage): boolean {
	if (origin === undefined) return true;
	return URL.canParse(origin) && new URL(origin).host === host;
}

export function requestInfo(settings: Settings, request: IncomingMessage): RequestInfo {
	return { ip: settings.addressOf(request), request };
}
