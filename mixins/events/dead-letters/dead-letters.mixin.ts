import { Errors, type Context, type Service, type ServiceSchema } from "moleculer";
import type { WithDatabase } from "../../database/database.mixin";
import { defineMixin } from "../../define";
import { inboxFailuresOf } from "../../inbox/failures";
import type { EventsOptions, QueueConsumer } from "../events.mixin";
import { lineOf, textOf } from "../../params/texts";
import { sample, type Gauge } from "../sampled";
import { discard, type DiscardOptions } from "./discard";
import { discardsIn, type Discard } from "./discards";
import { alone } from "./lock";
import { list, read } from "./reading";
import { replay, type Letters, type ReplayOptions } from "./replay";
import type { Report } from "./report";
import { filterParams, selectionParams } from "./selection";

/** Ten thousand letters take seconds; a busy broker and a busy machine take longer. */
const TIMEOUT_MS = 120_000;

const queue = { type: "string", min: 1, max: 200 };
const limit = { type: "number", integer: true, min: 1, max: 1_000, default: 50, convert: true };
const by = lineOf(1, 200);

const DEPTH: Gauge = { name: "events.dead.letters", description: "Dead letters in the queue", label: "queue" };

/** How many dead letters a queue has. */
export interface QueueDepth {
	queue: string;
	letters: number;
}

type Asked<Params> = Context<Params & { queue: string }>;

/**
 * What an operator can do about the dead letters of a service, as actions for other services and the REPL: nobody else
 * may call them. Part of the Events mixin; needs the Database mixin, and the table of `create_discard_tables`.
 */
export function DeadLetters<This>({ schema, transport, consumers }: EventsOptions<This>): Partial<ServiceSchema> {
	const discards = discardsIn(schema);
	const byQueue = new Map(consumers.map((each) => [each.queue.name, each]));

	function known(service: Service, name: string): QueueConsumer<This> {
		const found = byQueue.get(name);
		if (!found) throw new UnknownQueueError(name, service.name, [...byQueue.keys()]);
		return found;
	}

	/** One operator at a time goes through a queue. */
	function visiting<Params, Result>(work: (letters: Letters<This>, params: Params) => Promise<Result>) {
		return async function (this: Service & WithDatabase, ctx: Asked<Params>): Promise<Result> {
			const found = known(this, ctx.params.queue);
			const letters: Letters<This> = {
				queue: found.queue.name,
				subscriptions: found.subscriptions,
				db: this.db,
				schema,
				transport,
				discards,
				failures: inboxFailuresOf(transport, this.db, schema),
			};
			return alone(this.db, letters.queue, () => work(letters, ctx.params));
		};
	}

	const done = (service: Service, what: string, { queue: name, counts }: Report, who: string): void => {
		service.logger.info(`Dead letters of ${name} were ${what} by ${who}:`, counts);
	};

	let stopSampling: () => void = () => undefined;

	return defineMixin<WithDatabase>({
		async started() {
			const ask = () =>
				Promise.all(
					[...byQueue.keys()].map(async (name) => ({
						name: DEPTH.name,
						of: name,
						// A look in progress, on whatever node, would hide what it holds.
						value: await alone(this.db, name, () => transport.countDeadLetters(name)),
					})),
				);
			stopSampling = sample(this.broker, [DEPTH], ask, (error) => {
				this.logger.debug("The dead letters could not be counted:", error.message);
			});
		},
		async stopped() {
			stopSampling();
		},
		actions: {
			"deadLetters.queues": {
				timeout: TIMEOUT_MS,
				async handler(): Promise<QueueDepth[]> {
					const depths: QueueDepth[] = [];
					for (const name of byQueue.keys()) {
						const letters = await alone(this.db, name, () => transport.countDeadLetters(name));
						depths.push({ queue: name, letters });
					}
					return depths;
				},
			},
			"deadLetters.list": {
				timeout: TIMEOUT_MS,
				params: { $$strict: true, queue, limit, ...filterParams },
				handler: visiting((letters, params: Parameters<typeof list>[1]) => list(letters, params)),
			},
			"deadLetters.read": {
				timeout: TIMEOUT_MS,
				params: { $$strict: true, queue, id: { type: "string", min: 1, max: 200 } },
				handler: visiting((letters, { id }: { id: string }) => read(letters, id)),
			},
			"deadLetters.replay": {
				timeout: TIMEOUT_MS,
				params: {
					$$strict: true,
					queue,
					...selectionParams,
					dryRun: { type: "boolean", optional: true },
					force: { type: "boolean", optional: true },
					by,
				},
				async handler(ctx: Asked<ReplayOptions & { by: string }>): Promise<Report> {
					const work = visiting<ReplayOptions, Report>((letters, params) => replay(letters, params));
					const report = await work.call(this, ctx);
					if (!ctx.params.dryRun) done(this, "replayed", report, ctx.params.by);
					return report;
				},
			},
			"deadLetters.discard": {
				timeout: TIMEOUT_MS,
				params: {
					$$strict: true,
					queue,
					ids: { ...selectionParams.ids, optional: false },
					reason: textOf(3, 500),
					by,
				},
				async handler(ctx: Asked<DiscardOptions>): Promise<Report> {
					const work = visiting<DiscardOptions, Report>((letters, { ids, reason, by: who }) =>
						discard(letters, { ids, reason, by: who }),
					);
					const report = await work.call(this, ctx);
					done(this, "discarded", report, ctx.params.by);
					return report;
				},
			},
			"deadLetters.discarded": {
				params: { $$strict: true, queue, limit },
				async handler(ctx: Asked<{ limit: number }>): Promise<Discard[]> {
					const { queue: name, limit: most } = ctx.params;
					const found = await discards.list(this.db, name, most);
					// One that was given up with a queue that is no more is still told.
					if (found.length === 0) known(this, name);
					return found;
				},
			},
		},
	});
}

class UnknownQueueError extends Errors.MoleculerClientError {
	constructor(name: string, service: string, known: readonly string[]) {
		super(`${service} has no queue ${name}; it has ${known.join(", ")}`, 404, "NOT_FOUND", { queue: name });
	}
}
