import { connect, type ConfirmChannel } from "amqplib";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import type { QueueSpec } from "../../mixins/events/topology";
import type { EventTransport, OutgoingMessage } from "../../mixins/events/transport";
import { wireTo, type Wire } from "../support/proxy";
import { testVhost, type TestVhost } from "../support/servers";
import { until } from "../support/until";
import { queueNamed, QUIET } from "./transport.stage";

/** A transport on RabbitMQ behind a wire that a test may cut, with names that no other test of the suite uses. */
export interface OnRabbitMQ {
	readonly transport: EventTransport;
	readonly wire: Wire;
	readonly vhost: TestVhost;
	names(options?: Parameters<typeof queueNamed>[2]): { exchange: string; queue: QueueSpec };
	/** Names, declared. */
	stage(options?: Parameters<typeof queueNamed>[2]): Promise<{ exchange: string; queue: QueueSpec }>;
	/** As an outbox does: what is not confirmed is published again. `during` runs after each batch. */
	publishAll(messages: readonly OutgoingMessage[], during?: () => void): Promise<void>;
	/** On a connection of its own, around the wire. */
	asAdmin<Result>(work: (channel: ConfirmChannel) => Promise<Result>): Promise<Result>;
}

/** Registers the hooks of a suite: one virtual host for all its tests, one transport for each. */
export function onRabbitMQ(): OnRabbitMQ {
	let vhost: TestVhost;
	let wire: Wire;
	let transport: EventTransport;
	let stages = 0;

	beforeAll(async () => {
		vhost = await testVhost();
	});
	afterAll(async () => {
		await vhost[Symbol.asyncDispose]();
	});
	beforeEach(async () => {
		wire = await wireTo(vhost.url);
		transport = rabbitmqTransport({ url: wire.url, node: "test-node", log: QUIET });
		await transport.connect();
	});
	afterEach(async () => {
		await transport.close();
		await wire[Symbol.asyncDispose]();
	});

	function names(options?: Parameters<typeof queueNamed>[2]) {
		const exchange = `alone${++stages}.events`;
		return { exchange, queue: queueNamed(`alone${stages}.main`, exchange, options) };
	}

	async function stage(options?: Parameters<typeof queueNamed>[2]) {
		const here = names(options);
		await transport.declare({ exchanges: [here.exchange], queues: [here.queue] });
		return here;
	}

	/** As an outbox does: what is not confirmed is published again. */
	async function publishAll(messages: readonly OutgoingMessage[], during: () => void = () => undefined): Promise<void> {
		let waiting = messages;
		await until(
			async () => {
				const batch = waiting.slice(0, 20);
				const outcomes = await transport.publish(batch);
				waiting = [...batch.filter((_, index) => !outcomes[index]!.confirmed), ...waiting.slice(20)];
				during();
				return waiting.length === 0;
			},
			{ what: "every message to be confirmed", withinMs: 60_000 },
		);
	}

	async function asAdmin<Result>(work: (channel: ConfirmChannel) => Promise<Result>): Promise<Result> {
		const connection = await connect(vhost.url);
		try {
			const channel = await connection.createConfirmChannel();
			const result = await work(channel);
			// Closing the connection would overtake what is still on its way.
			await channel.waitForConfirms();
			return result;
		} finally {
			await connection.close();
		}
	}

	return {
		get transport() {
			return transport;
		},
		get wire() {
			return wire;
		},
		get vhost() {
			return vhost;
		},
		names,
		stage,
		publishAll,
		asAdmin,
	};
}
