import moleculer, { type BrokerOptions, type Context, type Middleware } from "moleculer";
import { isArmed, pass } from "./points";

/** By then a request has left this process; it is worked on, and nobody waits for the answer any more. */
const FLUSHED_MS = 20;

/** Points at each call to another node: asked, on its way, answered; and where it is answered: heard, done. */
const CallPoints: Middleware = {
	name: "CallPoints",
	remoteAction(next: (ctx: Context) => Promise<unknown>, { name }: { name: string }) {
		if (isOwn(name)) return next;
		return async (ctx: Context) => {
			pass(`call ${name}: before`);
			const answer = next(ctx);
			if (isArmed(`call ${name}: sent`)) setTimeout(() => pass(`call ${name}: sent`), FLUSHED_MS);
			else pass(`call ${name}: sent`);
			return answer.finally(() => pass(`call ${name}: answered`));
		};
	},
	localAction(next: (ctx: Context) => Promise<unknown>, { name }: { name: string }) {
		if (isOwn(name)) return next;
		return async (ctx: Context) => {
			pass(`action ${name}: asked`);
			return next(ctx).finally(() => pass(`action ${name}: done`));
		};
	},
} as unknown as Middleware;

function isOwn(action: string): boolean {
	return action.startsWith("$");
}

/** Every broker that this process makes from now on has the points. */
export function watchMoleculer(): void {
	const { ServiceBroker } = moleculer;
	moleculer.ServiceBroker = class extends ServiceBroker {
		constructor(options: BrokerOptions) {
			super({ ...options, middlewares: [...(options.middlewares ?? []), CallPoints] });
		}
	};
}
