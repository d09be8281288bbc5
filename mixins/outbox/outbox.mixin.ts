import { randomUUID } from "node:crypto";
import type { Service, ServiceSchema } from "moleculer";
import { defineMixin } from "../define";
import { hint } from "../hint";
import type { WithDatabase } from "../database/database.mixin";
import type { Transaction } from "../database/database";
import type { Fact } from "../events/contract";
import type { Topology } from "../events/topology";
import type { EventTransport } from "../events/transport";
import { append, type Cause } from "./append";
import { partitionLeases, type Leases } from "./leases";
import { relay, type Relay } from "./relay";
import { outboxStatements } from "./statements";

const RENEW_MS = 1_000;

export interface OutboxOptions {
	schema: string;
	transport: EventTransport;
	topology: Topology;
}

/** What the mixin adds to a service. */
export interface WithOutbox {
	/**
	 * Publishes an event with the transaction that makes it true: it leaves after the commit, or never.
	 * @throws {InvalidEventError} from the contract, before anything is written
	 */
	publish(tx: Transaction, fact: Fact, cause: Cause): Promise<void>;
}

/**
 * A transactional outbox in the service's schema, and the relay that empties it. Needs the Database mixin.
 * The relay is woken right after each commit on this node; a commit whose partition another node relays sends that
 * node a hint, and a sweep finds what no hint announced.
 */
export function Outbox({ schema, transport, topology }: OutboxOptions): Partial<ServiceSchema> {
	const statements = outboxStatements(schema);
	// No $ in front: Moleculer keeps such events within the node.
	const wakeEvent = `outbox.${schema}.wake`;
	let leases: Leases;
	let worker: Relay;
	let renewal: NodeJS.Timeout;

	const renew = async (service: Service): Promise<void> => {
		try {
			await leases.renew();
		} catch (error) {
			service.logger.warn("The outbox leases could not be renewed:", (error as Error).message);
		}
	};

	return defineMixin<WithDatabase>({
		methods: {
			async publish(tx: Transaction, fact: Fact, cause: Cause) {
				const partition = await append(tx, statements, fact, cause);
				tx.afterCommit(() => {
					if (leases.mine().includes(partition)) worker.wake();
					else hint(this, wakeEvent, { partition }, [this.name]);
				});
			},
		},
		events: {
			[wakeEvent](ctx: { params: { partition: number } }) {
				if (leases.mine().includes(ctx.params.partition)) worker.wake();
			},
		},
		async started() {
			// Not the node's name alone: a restarted process must not take its dead self's lease for its own.
			const owner = `${this.broker.nodeID}/${randomUUID()}`;
			leases = partitionLeases(this.db, schema, owner);
			worker = relay({ db: this.db, statements, leases, transport, topology, producer: this.name, log: this.logger });
			await leases.renew();
			worker.start();
			renewal = setInterval(() => void renew(this).then(() => worker.wake()), RENEW_MS);
		},
		async stopped() {
			if (!worker) return;
			clearInterval(renewal);
			await worker.stop();
			await leases.release();
		},
	});
}
