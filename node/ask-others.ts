import type { ServiceBroker } from "moleculer";
import { differenceOf, type Clock, type Difference } from "./clock";
import { SERVICE_NAMES } from "./settings";

const WAIT_MS_MAX = 2_000;

/** Moleculer's answer to a ping. */
interface Pong {
	/** From the question to the answer. */
	elapsedTime: number;
	/** By so much this node's clock is ahead, if question and answer were on their way for as long. */
	timeDiff: number;
}

/** Those who compare their clocks with a database: all services but the gateway have one. */
const WITH_DATABASE: ReadonlySet<string> = new Set(SERVICE_NAMES.filter((name) => name !== "gateway"));

/**
 * For a node that has no database: those that have one are as right as it is. When all of them disagree with this one, it
 * is this one; which of them is wrong else, they find out themselves.
 */
export async function askOthers(broker: ServiceBroker, clock: Clock): Promise<void> {
	const services = broker.registry.getServiceList({ onlyAvailable: true, skipInternal: true });
	const nodes = new Set(services.filter(({ name }) => WITH_DATABASE.has(name)).map(({ nodeID }) => nodeID!));
	if (nodes.size === 0) return;
	// Nothing at all where this node is cut off.
	const pongs = (await broker.ping([...nodes], WAIT_MS_MAX)) as unknown as Record<string, Pong | null> | null;
	const differences = Object.values(pongs ?? {}).flatMap((pong) => (pong ? [apart(pong)] : []));
	if (differences.length === 0) return;
	clock.heard(
		"the other nodes",
		differences.reduce((one, other) => (isNearer(other, one) ? other : one)),
	);
}

function apart({ elapsedTime, timeDiff }: Pong): Difference {
	return differenceOf(0, elapsedTime / 2 - timeDiff, elapsedTime);
}

/** Of two that may agree with this node the quicker one has told more. */
function isNearer(one: Difference, other: Difference): boolean {
	const gainMs = Math.abs(other.leastMs) - Math.abs(one.leastMs);
	return gainMs === 0 ? one.mostMs < other.mostMs : gainMs > 0;
}
