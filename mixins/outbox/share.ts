import type { Logger } from "moleculer";
import { setTimeout as pause } from "node:timers/promises";
import type { EventTransport } from "../events/transport";
import type { Leases, Renewal } from "./leases";

const RENEW_MS = 1_000;

/**
 * A relay that could publish nothing for so long gives its share to the others. A connection that was reset is back
 * sooner, and changes nothing.
 */
const CUT_OFF_MS = 2_000;

/** How often it is looked whether the broker is back, which costs nothing: perhaps nobody else is there to publish. */
const BACK_MS = 100;

/** Keeps a relay's share of the partitions for as long as it can do something with it. */
export interface Share {
	/** Resolves when it has one. */
	start(): Promise<void>;
	/** Gives it back. */
	stop(): Promise<void>;
}

/**
 * A node that is cut off from the broker alone can renew its leases for ever: what waits in its share would wait as long.
 * @param options.read up to which number each partition was read
 * @param options.onRenewed the share may be another one
 */
export function shareOf(options: {
	leases: Leases;
	transport: Pick<EventTransport, "canPublish">;
	log: Logger;
	read: () => ReadonlyMap<number, number>;
	onRenewed: (renewal: Renewal) => void;
}): Share {
	const { leases, transport, log, read, onRenewed } = options;
	const stopping = new AbortController();
	let cutOffAtMs: number | undefined;
	let isOut = false;
	let keeping: Promise<void> = Promise.resolve();

	async function keep(): Promise<void> {
		let lookedMs = performance.now();
		for (;;) {
			const pauseMs = (isOut ? BACK_MS : RENEW_MS) - (performance.now() - lookedMs);
			await pause(Math.max(0, pauseMs), undefined, { signal: stopping.signal }).catch(() => undefined);
			if (stopping.signal.aborted) return;
			lookedMs = performance.now();
			await look().catch((error: Error) => log.warn("The outbox leases could not be renewed:", error.message));
		}
	}

	async function look(): Promise<void> {
		if (transport.canPublish()) {
			cutOffAtMs = undefined;
			const renewal = await leases.renew(read());
			if (isOut) log.info("The broker takes messages again: this node's relay takes part again");
			isOut = false;
			return onRenewed(renewal);
		}
		if (isOut) return;
		cutOffAtMs ??= performance.now();
		if (performance.now() - cutOffAtMs < CUT_OFF_MS) return onRenewed(await leases.renew(read()));
		await leases.release();
		isOut = true;
		log.warn("The broker takes no messages from this node: its share of the outbox goes to those that can publish");
	}

	return {
		async start() {
			await look();
			keeping = keep();
		},
		async stop() {
			stopping.abort();
			await keeping;
			await leases.release();
		},
	};
}
