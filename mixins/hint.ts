import type { Service } from "moleculer";

/**
 * Broadcasts what others may like to know at once and can do without: it may get lost, and losing it is no fault of
 * the work that it tells of. Facts go through the outbox.
 */
export function hint(service: Service, event: string, payload?: object, groups?: string[]): void {
	service.broker.broadcast(event, payload, groups && { groups }).catch((error: Error) => {
		service.logger.debug(`The hint ${event} was not sent:`, error.message);
	});
}
