import {
	connect,
	type Channel,
	type ChannelModel,
	type ConfirmChannel,
	type ConsumeMessage,
	type GetMessage,
	type Options,
} from "amqplib";
import { sayFarewell } from "../../mixins/events/rabbitmq/farewell";
import { until } from "../support/until";

/** A server of this protocol, with a virtual host of a suite's own. */
export interface Rabbitmq extends AsyncDisposable {
	url: string;
	/** As its words name it. */
	vhost: string;
}

export type Arguments = Record<string, string | number | boolean>;

export const QUORUM = { "x-queue-type": "quorum" };

/** What the tests of a contract stand on. Everything that is opened is closed after the test. */
export interface RabbitmqStage {
	connect(): Promise<ChannelModel>;
	/** On a connection that the tests share. */
	channel(): Promise<ConfirmChannel>;
	/** Nobody else's. */
	name(): string;
	/** A new one; durable, classic where its arguments don't say another type. */
	queue(args?: Arguments, options?: Options.AssertQueue): Promise<string>;
	/** Publishes them to the queue in this order, and waits for the confirms. */
	put(queue: string, ...bodies: string[]): Promise<void>;
	counts(queue: string): Promise<{ ready: number; consumers: number }>;
	exists(queue: string): Promise<boolean>;
	/** Waits for a message, which is taken out. */
	taken(queue: string): Promise<GetMessage>;
	/** Does it on a channel of its own. @returns the words with which that is closed: their virtual host is "/" */
	refusal(work: (channel: ConfirmChannel) => unknown): Promise<string>;
	/** Does it on a connection of its own. @returns the words with which that is closed */
	farewell(work: (channel: ConfirmChannel) => unknown): Promise<string>;
}

/** What a consumer has had. */
export interface Seen {
	tag: string;
	messages: ConsumeMessage[];
	bodies(): string[];
	/** It was cancelled by the server. */
	wasCancelled(): boolean;
}

export async function consumed(channel: Channel, queue: string, options: Options.Consume = {}): Promise<Seen> {
	const messages: ConsumeMessage[] = [];
	let isCancelled = false;
	const { consumerTag } = await channel.consume(
		queue,
		(message) => {
			if (message) messages.push(message);
			else isCancelled = true;
		},
		options,
	);
	return {
		tag: consumerTag,
		messages,
		bodies: () => messages.map(({ content }) => content.toString()),
		wasCancelled: () => isCancelled,
	};
}

/** Waits for so many. */
export async function hasSeen(seen: Seen, count: number): Promise<void> {
	await until(() => seen.messages.length >= count, { what: `${count} deliveries` });
}

export function rabbitmqStage(open: () => Promise<Rabbitmq>): RabbitmqStage {
	let server: Rabbitmq;
	let shared: ChannelModel;
	let opened: ChannelModel[] = [];
	let channels: ConfirmChannel[] = [];
	let names = 0;

	beforeAll(async () => {
		server = await open();
		shared = await connectTo(server.url);
	});
	afterEach(async () => {
		for (const channel of channels.splice(0)) await sayFarewell(channel);
		for (const connection of opened.splice(0)) await sayFarewell(connection);
	});
	afterAll(async () => {
		await shared?.close();
		await server?.[Symbol.asyncDispose]();
	});

	async function channelOn(connection: ChannelModel): Promise<ConfirmChannel> {
		const channel = await connection.createConfirmChannel();
		channel.on("error", () => undefined);
		channels.push(channel);
		return channel;
	}

	async function onChannel<Result>(work: (channel: ConfirmChannel) => Promise<Result>): Promise<Result> {
		const channel = await channelOn(shared);
		const result = await work(channel);
		await channel.close();
		return result;
	}

	async function wordsOf(over: ChannelModel | ConfirmChannel, work: () => unknown): Promise<string> {
		let words: string | undefined;
		over.on("error", ({ message }: Error) => (words = message));
		// What it was asked is refused with the same words.
		await Promise.resolve(work()).catch(() => undefined);
		const said = await until(() => words, { what: "the end of it" });
		const text = / with message "(.*)"$/s.exec(said)?.[1] ?? said;
		return text.replaceAll(`vhost '${server.vhost}'`, "vhost '/'");
	}

	const stage: RabbitmqStage = {
		async connect() {
			const connection = await connectTo(server.url);
			opened.push(connection);
			return connection;
		},
		channel: () => channelOn(shared),
		name: () => `stage.${++names}`,
		async queue(args = {}, options = {}) {
			const name = stage.name();
			await onChannel((channel) => channel.assertQueue(name, { durable: true, ...options, arguments: args }));
			return name;
		},
		put: (queue, ...bodies) =>
			onChannel(async (channel) => {
				for (const body of bodies) channel.sendToQueue(queue, Buffer.from(body), { persistent: true });
				await channel.waitForConfirms();
			}),
		counts: (queue) =>
			onChannel(async (channel) => {
				const { messageCount, consumerCount } = await channel.checkQueue(queue);
				return { ready: messageCount, consumers: consumerCount };
			}),
		async exists(queue) {
			const channel = await channelOn(shared);
			try {
				await channel.checkQueue(queue);
				return true;
			} catch {
				return false;
			}
		},
		taken: (queue) =>
			onChannel((channel) => until(() => channel.get(queue, { noAck: true }), { what: `a message in ${queue}` })),
		async refusal(work) {
			const channel = await channelOn(shared);
			return wordsOf(channel, () => work(channel));
		},
		async farewell(work) {
			const connection = await stage.connect();
			const channel = await channelOn(connection);
			return wordsOf(connection, () => work(channel));
		},
	};
	return stage;
}

async function connectTo(url: string): Promise<ChannelModel> {
	const connection = await connect(url, { noDelay: true });
	connection.on("error", () => undefined);
	return connection;
}
