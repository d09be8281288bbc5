import { definitions, frames } from "./amqplib-codec";

/** Fields of a method, or properties of a message, as the codec reads and writes them. */
export type Fields = Record<string, unknown>;

export interface Frame {
	channel: number;
	/** Of a method, or of a content header: then it is the class. */
	id?: number;
	fields?: Fields;
	/** Of a content header: bytes of the body. */
	size?: number;
	/** Of a body. */
	content?: Buffer;
}

/** What a table of arguments or headers holds. */
export type Table = Record<string, unknown>;

/** The server offers this as the longest frame, and every client of ours accepts it. */
export const FRAME_MAX = 131_072;

/** Type, channel, size and the mark of its end. */
const FRAME_OVERHEAD = 8;

/** What opens a conversation. */
export const PROTOCOL_HEADER = Buffer.from(frames.PROTOCOL_HEADER, "latin1");

export const HEARTBEAT = frames.HEARTBEAT_BUF;

export const METHOD = definitions;

const BASIC_CLASS = 60;

export function methodFrame(id: number, channel: number, fields: Fields): Buffer {
	return definitions.encodeMethod(id, channel, fields);
}

/** A method with the content that follows it. */
export function contentFrames(id: number, channel: number, fields: Fields, properties: Fields, body: Buffer): Buffer {
	const parts = [
		definitions.encodeMethod(id, channel, fields),
		definitions.encodeProperties(BASIC_CLASS, channel, body.length, properties),
	];
	for (let at = 0; at < body.length; at += FRAME_MAX - FRAME_OVERHEAD) {
		parts.push(frames.makeBodyFrame(channel, body.subarray(at, at + FRAME_MAX - FRAME_OVERHEAD)));
	}
	return Buffer.concat(parts);
}

/** Cuts a stream of bytes into frames. */
export interface FrameReader {
	add(bytes: Buffer): void;
	/** The next whole frame; undefined when there is none yet. @throws what is no frame */
	next(): Frame | undefined;
	/** Takes so many bytes as they are; undefined when there are fewer yet. */
	take(count: number): Buffer | undefined;
}

export function frameReader(): FrameReader {
	let rest: Buffer = Buffer.alloc(0);
	return {
		add(bytes) {
			rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
		},
		next() {
			const parsed = frames.parseFrame(rest, FRAME_MAX);
			if (!parsed) return undefined;
			({ rest } = parsed);
			return frames.decodeFrame(parsed);
		},
		take(count) {
			if (rest.length < count) return undefined;
			const taken = rest.subarray(0, count);
			rest = rest.subarray(count);
			return taken;
		},
	};
}
