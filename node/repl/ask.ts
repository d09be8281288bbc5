import type { ServiceBroker } from "moleculer";

/** Longer than the action may take, so that its own answer is the one that is read. */
const TIMEOUT_MS = 130_000;

/** Calls what a service offers to operators. @throws a sentence where nobody answers */
export async function ask<Result>(broker: ServiceBroker, action: string, params: object): Promise<Result> {
	const [service] = action.split(".");
	// Asked first: the broker's own refusal prints a warning beside the sentence.
	if (!isOffered(broker, action)) throw nobodyOffers(action);
	try {
		return await broker.call<Result, object>(action, params, { timeout: TIMEOUT_MS });
	} catch (error) {
		const { type } = error as { type?: unknown };
		if (type === "SERVICE_NOT_FOUND" || type === "SERVICE_NOT_AVAILABLE") {
			throw nobodyOffers(action, error);
		}
		if (type === "REQUEST_TIMEOUT" || type === "REQUEST_REJECTED") {
			throw new Error(
				`${service} has not answered (${(error as Error).message}). What it did until then stays done: look again.`,
				{ cause: error },
			);
		}
		throw error;
	}
}

function isOffered(broker: ServiceBroker, action: string): boolean {
	const all = broker.registry.getActionList({ onlyAvailable: true }) as { name: string }[];
	return all.some(({ name }) => name === action);
}

function nobodyOffers(action: string, cause?: unknown): Error {
	const [service] = action.split(".");
	return new Error(`No node offers ${action}: is there a service "${service}", and is it running?`, { cause });
}

/** Names of the services that offer an action to operators, e.g. `deadLetters.queues`. */
export function offering(broker: ServiceBroker, action: string): string[] {
	const all = broker.registry.getActionList({ onlyAvailable: true }) as { name: string }[];
	const ending = `.${action}`;
	const services = all.filter(({ name }) => name.endsWith(ending)).map(({ name }) => name.slice(0, -ending.length));
	return [...new Set(services)].toSorted();
}
