import { setTimeout as pause } from "node:timers/promises";
import { brokerConnection, type BrokerConnection } from "../mixins/events/rabbitmq/connection";
import type { Log } from "../mixins/events/transport";
import { reach, type Patience } from "./reach";
import { reachAmqp } from "./reach-servers";
import { holdId, NodeIdTakenError, TAKEN_MS_MAX, type Identity } from "./transporter/held-id";

const LOOK_MS = 100;

/** What there is to say, the error says. */
const UNHEARD: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Takes a node's id from the beginning of its start, until its transporter, which connects at the end, holds it as well.
 * A connection that is lost meanwhile is not repaired: the transporter finds out whether somebody was faster.
 * @returns lets go of it, safe to call twice
 * @throws {NodeIdTakenError} {@link UnreachableError}
 */
export async function holdNodeId(
	amqpUrl: string,
	identity: Identity,
	patience?: Patience,
): Promise<() => Promise<void>> {
	await reachAmqp(amqpUrl, patience);
	let held: BrokerConnection | undefined;
	const attempt = async (): Promise<void> => {
		const connection = brokerConnection({
			url: amqpUrl,
			name: `${identity.nodeId} id`,
			connectAttempts: 1,
			log: UNHEARD,
		});
		try {
			await connection.open();
			if (await holdPatiently(connection, identity)) held = connection;
		} finally {
			if (!held) await connection.close();
		}
	};
	await reach("AMQP_URL", amqpUrl, attempt, patience);
	if (!held) throw new NodeIdTakenError(amqpUrl, identity);
	const { close } = held;
	let closing: Promise<void> | undefined;
	return () => (closing ??= close());
}

async function holdPatiently(connection: BrokerConnection, identity: Identity): Promise<boolean> {
	const deadline = performance.now() + TAKEN_MS_MAX;
	while (!(await holdId(connection, identity, () => undefined))) {
		if (performance.now() > deadline) return false;
		await pause(LOOK_MS);
	}
	return true;
}
