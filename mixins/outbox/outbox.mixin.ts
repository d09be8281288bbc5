import { randomUUID } from "node:crypto";
import type { Context, ServiceSchema } from "moleculer";
import { defineMixin } from "../define";
import { hint } from "../hint";
import type { WithDatabase } from "../database/database.mixin";
import type { Transaction } from "../database/database";
import type { Fact } from "../events/contract";
import { daysOf, type Days } from "../events/days";
import { outboxMeter } from "../events/meters";
import type { Position } from "../events/missed/decide";
import type { Topology } from "../events/topology";
import type { EventTransport } from "../events/transport";
import { append, type Cause } from "./append";
import { historyOf, type History } from "./history";
import { OutboxOperations } from "./operations";
import { partitionLeases, type Leases } from "./leases";
import { relay, type Place, type Relay } from "./relay";
import { shareOf, type Share } from "./share";
import { outboxStatements } from "./statements";

export interface OutboxOptions {
	schema: string;
	transport: EventTransport;
	topology: Topology;
	/** How long what was published stays in `outbox_history`. Default 14. */
	historyDays?: number;
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
 * node a hint, and the next renewal of its leases finds what no hint announced.
 */
export function Outbox({ schema, transport, topology, historyDays = 14 }: OutboxOptions): Partial<ServiceSchema> {
	const statements = outboxStatements(schema);
	// No $ in front: Moleculer keeps such events within the node.
	const wakeEvent = `outbox.${schema}.wake`;
	let leases: Leases;
	let worker: Relay;
	let days: Days;
	let history: History;
	let share: Share | undefined;

	return defineMixin<WithDatabase>({
		mixins: [OutboxOperations(schema, wakeEvent)],
		methods: {
			async publish(tx: Transaction, fact: Fact, cause: Cause) {
				const place = await append(tx, statements, fact, cause);
				tx.afterCommit(() => {
					if (leases.mine().includes(place.partition)) worker.wake(place);
					else hint(this, wakeEvent, place, [this.name]);
				});
			},
		},
		actions: {
			/** For consumers that compare what was published with what they have handled. */
			publishedEvents: {
				params: {
					$$strict: true,
					routingKeys: { type: "array", items: "string", max: 100 },
					after: { $$type: "object", publishedAt: "string", eventId: "uuid" },
					limit: { type: "number", integer: true, min: 1, max: 10_000 },
				},
				handler(ctx: Context<{ routingKeys: string[]; after: Position; limit: number }>) {
					const { routingKeys, after, limit } = ctx.params;
					return history.publishedSince(routingKeys, after, limit);
				},
			},
			/** For consumers for whom nothing was published for long, so that they need not begin there the next time. */
			historyCompleteUntil: {
				params: { $$strict: true, beforeMs: { type: "number", integer: true, min: 0 } },
				handler: (ctx: Context<{ beforeMs: number }>) => history.completeUntil(ctx.params.beforeMs),
			},
			publishAgain: {
				params: { $$strict: true, eventIds: { type: "array", items: "uuid", max: 10_000 }, queue: "string" },
				handler(ctx: Context<{ eventIds: string[]; queue: string }>) {
					return history.publishAgain(ctx.params.eventIds, ctx.params.queue);
				},
			},
		},
		events: {
			[wakeEvent](ctx: { params: Place }) {
				if (leases.mine().includes(ctx.params.partition)) worker.wake(ctx.params);
			},
		},
		async started() {
			// Not the node's name alone: a restarted process must not take its dead self's lease for its own.
			const owner = `${this.broker.nodeID}/${randomUUID()}`;
			leases = partitionLeases(this.db.upkeep, schema, owner);
			worker = relay({
				db: this.db.upkeep,
				statements,
				leases,
				transport,
				topology,
				producer: this.name,
				log: this.logger,
				meter: outboxMeter(this.broker, this.name),
			});
			history = historyOf(this.db, schema, this.name, transport);
			days = daysOf(this.db, schema, "outbox_history", historyDays, this.logger);
			await days.start();
			const { read, renewed: onRenewed } = worker;
			share = shareOf({ leases, transport, log: this.logger, read, onRenewed });
			await share.start();
			worker.start();
		},
		async stopped() {
			if (!worker) return;
			days.stop();
			await worker.stop();
			await share?.stop();
		},
	});
}
