import type pg from "pg";
import type { Host } from "../host";
import type { Carrier } from "./carriers";

/** PostgreSQL's own time limits, which go by simulated time. */
type Limit = "lock_timeout" | "statement_timeout" | "idle_in_transaction_session_timeout" | "query_timeout";

/** A statement that waits for its turn. */
export interface Held {
	text: string;
	/** For the schedule: its beginning, whom it is about, and whether it is a transaction by itself. */
	what: string;
	/** It may leave something changed behind. */
	mayChange: boolean;
	/** It leaves something behind that is there for longer than its transaction. */
	isKept: boolean;
	/** It can be done in a transaction that is committed later. */
	isPlain: boolean;
	/** When it was to be sent, in ms of the world's time. */
	sinceMs: number;
	/** Sends it. @returns when the server has done it */
	send(): Promise<Done>;
	/** It comes to nothing. */
	fail(error: Error): void;
}

/** What the server has to say of a statement. */
export interface Done {
	isRefused: boolean;
	/** Its client hears of it, or that its connection was lost. */
	tell(isLost: boolean): void;
}

/** One connection to PostgreSQL, as a program and the server see it. One statement of it is under way at a time. */
export interface Session {
	/** In the order of connecting. */
	readonly no: number;
	readonly client: pg.Client;
	readonly host: Host | undefined;
	/** The real connection that it goes over, while it has something there. */
	carrier: Carrier | undefined;
	/** It has something there beyond the transaction, such as a lock or a setting. */
	isKeeping: boolean;
	held: Held[];
	/** What was sent and is not answered. */
	current: string | undefined;
	/** It waits for a lock. */
	isBlocked: boolean;
	/** A transaction has begun, and has not ended. */
	isInTransaction: boolean;
	/** Statements of the transaction, or the one outside of any, that may have changed something. */
	changes: string[];
	/** When a transaction was begun of which PostgreSQL is told with its first statement. */
	heldBack: number | undefined;
	/** How long a statement waits for one lock. */
	lockWaitMsMax: number;
	/** Why PostgreSQL was told to give the current statement up: this is said in place of its own error. */
	verdict: Error | undefined;
	/** The program knows that its connection is gone. */
	isOver: boolean;
	/** Ends what must not last for longer, by simulated time. */
	limit: NodeJS.Timeout | undefined;
	readonly limits: Readonly<Record<Limit, number>>;
}

export function newSession(no: number, client: pg.Client, host: Host | undefined): Session {
	const limits = limitsOf(client);
	return {
		no,
		client,
		host,
		carrier: undefined,
		isKeeping: false,
		held: [],
		current: undefined,
		isBlocked: false,
		isInTransaction: false,
		changes: [],
		heldBack: undefined,
		lockWaitMsMax: limits.lock_timeout,
		verdict: undefined,
		isOver: false,
		limit: undefined,
		limits,
	};
}

/** What the client would ask the server for. */
function limitsOf(client: pg.Client): Record<Limit, number> {
	const { connectionParameters } = client as unknown as { connectionParameters: Partial<Record<Limit, unknown>> };
	const read = (name: Limit): number => Number(connectionParameters[name]) || Infinity;
	return {
		lock_timeout: read("lock_timeout"),
		statement_timeout: read("statement_timeout"),
		idle_in_transaction_session_timeout: read("idle_in_transaction_session_timeout"),
		query_timeout: read("query_timeout"),
	};
}
