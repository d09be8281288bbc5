import type { Log, PublishOutcome } from "../transport";

/** What is published with one exchange and routing key waits for the same queues. */
export type Route = string;

export function routeOf({ exchange, routingKey }: { exchange: string; routingKey: string }): Route {
	return exchange === "" ? `the queue ${routingKey}` : `${exchange} ${routingKey}`;
}

/** Which routes answer. As many as the topology has. */
export interface Routes {
	/** Any answer, a refusal as well. */
	answered(route: Route, nowMs: number): void;
	answeredMs(route: Route): number;
	/** From now on it is tried with one message at a time. */
	fellSilent(route: Route): void;
	tookOne(route: Route): void;
	isSilent(route: Route): boolean;
}

export function routes(log: Log): Routes {
	const lastAnswers = new Map<Route, number>();
	const silent = new Set<Route>();
	return {
		answered: (route, nowMs) => void lastAnswers.set(route, nowMs),
		answeredMs: (route) => lastAnswers.get(route) ?? 0,
		fellSilent(route) {
			if (!silent.has(route)) log.warn(`RabbitMQ confirms nothing that goes to ${route}: it is tried one by one`);
			silent.add(route);
		},
		tookOne(route) {
			if (silent.delete(route)) log.info(`RabbitMQ confirms what goes to ${route} again`);
		},
		isSilent: (route) => silent.has(route),
	};
}

export function silence(route: Route): PublishOutcome {
	return { confirmed: false, reason: `RabbitMQ confirms nothing that goes to ${route}`, fault: "route" };
}
