import { Errors, type Context, type Middleware } from "moleculer";
import { isPassing, isUnstorableText } from "./faults";

/** The database is away or busy: nothing is wrong with the request, and it may be sent again. */
export class DatabaseUnavailableError extends Errors.MoleculerRetryableError {
	constructor() {
		super("The database can't be reached right now", 503, "UNAVAILABLE", { retryAfter: 1 });
	}
}

/** What was sent can't be kept: whoever sent it has to change it. */
export class UnstorableTextError extends Errors.ValidationError {
	constructor() {
		super("A text must not contain the character U+0000", "VALIDATION_ERROR", []);
	}
}

/** Gives an action's passing database faults a name that keeps its meaning across nodes. */
export const DatabaseFaults: Middleware = {
	name: "DatabaseFaults",
	localAction(next: (ctx: Context) => Promise<unknown>) {
		return async (ctx: Context) => {
			try {
				return await next(ctx);
			} catch (error) {
				if (error instanceof Errors.MoleculerError) throw error;
				if (isUnstorableText(error)) throw new UnstorableTextError();
				if (!isPassing(error)) throw error;
				ctx.broker.logger.warn("The database failed an action:", {
					action: ctx.action?.name,
					error: (error as Error).message,
				});
				throw new DatabaseUnavailableError();
			}
		};
	},
};
