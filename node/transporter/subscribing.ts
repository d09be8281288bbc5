import type { Transit, Transporters } from "moleculer";

/** What Moleculer hands over to be sent. */
export type Packet = Parameters<Transporters.AMQP["prepublish"]>[0];

/** The part of Moleculer's transit that its types leave out. */
interface Publishing {
	/** Set while a node subscribes to what it listens to. */
	subscribing: Promise<void> | null;
	publish(packet: Packet): Promise<void>;
}

/**
 * Whoever publishes while a node subscribes waits for it. Where that fails, because the connection is lost in this moment,
 * Moleculer has them fail with AMQP's own error, which no caller can read, and drops answers. With this they are handed
 * over all the same: the transporter knows what to refuse, and what to keep.
 */
export function handOverAnyway(transit: Transit, handOver: (packet: Packet) => Promise<void>): void {
	const publishing = transit as unknown as Publishing;
	publishing.publish = (packet) => {
		const now = (): Promise<void> => handOver(packet);
		return publishing.subscribing ? publishing.subscribing.then(now, now) : now();
	};
}
