import { rabbitmqModel, type RabbitmqModel, type Surroundings } from "../../simulator/world/rabbitmq/model";
import {
	contentFrames,
	frameReader,
	HEARTBEAT,
	METHOD,
	methodFrame,
	PROTOCOL_HEADER,
	type Fields,
	type Frame,
} from "../../simulator/world/rabbitmq/wire";

/** A model whose time and order a test decides. */
export interface HandDriven {
	model: RabbitmqModel;
	/** What the server is about to do, in the order in which it was offered. */
	offered(): string[];
	/** Lets it do one of these, or all, and what comes of them. */
	run(what?: string): void;
	/** Lets time pass, with all that it brings. */
	pass(ms: number): void;
	/** A client with an open connection and a channel 1. */
	client(options?: { name?: string; heartbeatS?: number }): RawClient;
}

/** A client that says what it is told to. */
export interface RawClient {
	say(method: number, fields?: Fields, channel?: number): void;
	publish(
		queue: string,
		body: string,
		options?: { mandatory?: boolean; exchange?: string; properties?: { expiration: string } },
	): void;
	beat(): void;
	/** The names of what it has heard since the last time, and their fields. */
	heard(): { method: string; fields: Fields }[];
	methods(): string[];
	/** How often the server has shown that it is alive. */
	beatsHeard(): number;
	hasEnded(): boolean;
	/** Every byte that it was sent. */
	bytes(): Buffer;
}

const NAMES = new Map(Object.entries(METHOD).map(([name, id]) => [id as unknown, name]));

export function handDriven(): HandDriven {
	const soon: { what: string; work(): void }[] = [];
	let timers: { atMs: number; work(): void }[] = [];
	let nowMs = Date.UTC(2026, 0, 1);
	let drawn = 0;

	const surroundings: Surroundings = {
		soon: (what, work) => void soon.push({ what, work }),
		after(ms, work) {
			const timer = { atMs: nowMs + ms, work };
			timers.push(timer);
			return () => void (timers = timers.filter((other) => other !== timer));
		},
		nowMs: () => nowMs,
		random: () => (drawn++ % 10) / 10,
	};
	const model = rabbitmqModel(surroundings);

	function run(what?: string): void {
		for (;;) {
			const at = what === undefined ? 0 : soon.findIndex((each) => each.what === what);
			const [next] = soon.splice(at, at < 0 ? 0 : 1);
			if (!next) return;
			next.work();
		}
	}

	return {
		model,
		offered: () => soon.map(({ what }) => what),
		run,
		pass(ms) {
			const endMs = nowMs + ms;
			for (;;) {
				const [next] = timers.filter(({ atMs }) => atMs <= endMs).toSorted((one, other) => one.atMs - other.atMs);
				if (!next) break;
				timers = timers.filter((timer) => timer !== next);
				nowMs = Math.max(nowMs, next.atMs);
				next.work();
				run();
			}
			nowMs = endMs;
		},
		client: (options) => rawClient(model, options),
	};
}

function rawClient(model: RabbitmqModel, { name = "a client", heartbeatS = 0 } = {}): RawClient {
	const reader = frameReader();
	const bytes: Buffer[] = [];
	let frames: Frame[] = [];
	let beats = 0;
	let hasEnded = false;
	const connection = model.accept({
		send(sent) {
			bytes.push(sent);
			reader.add(sent);
			for (let frame = reader.next(); frame; frame = reader.next()) {
				if (frame.id === undefined && frame.content === undefined) beats++;
				// What a message holds follows its method.
				else if (frame.fields && frame.size === undefined) frames.push(frame);
			}
		},
		end: () => (hasEnded = true),
	});
	const say = (method: number, fields: Fields = {}, channel = 1): void =>
		connection.receive(methodFrame(method, channel, fields));
	const heard = (): { method: string; fields: Fields }[] =>
		frames.splice(0).map(({ id, fields = {} }) => ({ method: NAMES.get(id)!, fields }));

	connection.receive(PROTOCOL_HEADER);
	const capabilities = { consumer_cancel_notify: true, "connection.blocked": true };
	const response = Buffer.from("\0guest\0guest");
	say(METHOD.ConnectionStartOk, { clientProperties: { connection_name: name, capabilities }, response }, 0);
	say(METHOD.ConnectionTuneOk, { channelMax: 0, frameMax: 0, heartbeat: heartbeatS }, 0);
	say(METHOD.ConnectionOpen, {}, 0);
	say(METHOD.ChannelOpen);
	frames = [];
	return {
		say,
		publish: (routingKey, body, { mandatory = false, exchange = "", properties = {} } = {}) =>
			connection.receive(
				contentFrames(METHOD.BasicPublish, 1, { exchange, routingKey, mandatory }, properties, Buffer.from(body)),
			),
		beat: () => connection.receive(HEARTBEAT),
		heard,
		methods: () => heard().map(({ method }) => method),
		beatsHeard: () => beats,
		hasEnded: () => hasEnded,
		bytes: () => Buffer.concat(bytes),
	};
}
