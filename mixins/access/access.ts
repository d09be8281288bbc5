import { Errors, type ActionSchema, type Context, type Middleware } from "moleculer";
import type { BrowserSession } from "./session-cookie";

/** Who may call an action. Without a word of it, an action is for other services only. */
export type Access = "anyone" | "user" | "admin" | "services";

/** Who is asking, as the gateway found out; it travels with each call that follows. */
export interface Caller {
	id: string;
	role: string;
}

/** Moleculer's meta as this mixin reads it. */
export interface CallerMeta {
	/** Nobody has signed in where it is missing. */
	caller?: Caller;
	/** IP address that the request came from; missing for a call from within the cluster. */
	address?: string;
	/** Missing where the caller keeps the refresh token. */
	browserSession?: BrowserSession;
	/** The session that the caller's token belongs to. */
	sessionId?: string;
	/** What the client calls itself, cut to a length that may be kept. */
	userAgent?: string;
}

export class UnauthenticatedError extends Errors.MoleculerClientError {
	constructor() {
		super("Please sign in first", 401, "UNAUTHENTICATED");
	}
}

export class ForbiddenError extends Errors.MoleculerClientError {
	constructor() {
		super("This is for administrators", 403, "FORBIDDEN");
	}
}

/**
 * Enforces each action's `access` where the action runs, so that a direct call, REST and GraphQL obey the same rule.
 * Which rows a user may see is each action's own question.
 */
export const AccessControl: Middleware = {
	name: "AccessControl",
	localAction(next: (ctx: Context) => Promise<unknown>, action: ActionSchema) {
		const access = action.access ?? "services";
		if (access === "anyone" || access === "services") return next;
		return async (ctx: Context) => {
			const { caller } = ctx.meta as CallerMeta;
			if (!caller) throw new UnauthenticatedError();
			if (access === "admin" && caller.role !== "ADMIN") throw new ForbiddenError();
			return next(ctx);
		};
	},
};

/** The caller of an action whose `access` is `user` or `admin`. */
export function callerOf(ctx: Context<never, CallerMeta>): Caller {
	const { caller } = ctx.meta;
	if (!caller) throw new UnauthenticatedError();
	return caller;
}
