/** A `basic.ack` of a delivery that never was: a fault for which RabbitMQ closes the channel and nothing else. */
export function acknowledgementOfNothing(channel: number): Buffer {
	const payload = Buffer.alloc(13);
	payload.writeUInt16BE(60, 0);
	payload.writeUInt16BE(80, 2);
	payload.writeBigUInt64BE(999_999n, 4);
	return frameOf(channel, payload);
}

/** Methods of AMQP 0-9-1 by which RabbitMQ says that something has been opened, or was done. */
export const OPENED = {
	connection: [10, 41],
	channel: [20, 11],
	prefetch: [60, 11],
	consumer: [60, 21],
	confirms: [85, 11],
} as const;
/** By which it says that something has been closed, as it was asked to. */
export const CLOSED = { connection: [10, 51], channel: [20, 41], consumer: [60, 31] } as const;

/** The first frame of a message for a consumer; its content follows, and frames of other channels may come between. */
export const DELIVERED = [60, 60] as const;

/** The answer to who would take a message out of an empty queue. */
export const NOTHING_TO_GET = [60, 72] as const;

type Method = readonly [classId: number, methodId: number];

/** RabbitMQ closes the connection: an operator has said so. */
export function connectionClose(): Buffer {
	return frameOf(0, closing([10, 50], 320, "CONNECTION_FORCED - closed by a test"));
}

/** RabbitMQ takes nothing from this connection for now: its alarm for memory, or for the disk, has gone off. */
export function connectionBlocked(): Buffer {
	return frameOf(0, Buffer.from([0, 10, 0, 60, 3, ...Buffer.from("low")]));
}

/** The alarm is over. */
export function connectionUnblocked(): Buffer {
	return frameOf(0, Buffer.from([0, 10, 0, 61]));
}

/** RabbitMQ closes the channel. */
export function channelClose(channel: number): Buffer {
	return frameOf(channel, closing([20, 40], 406, "PRECONDITION_FAILED - closed by a test"));
}

/** A change for what a server writes, and how often it still will be made. */
export interface Meddling {
	change(bytes: Buffer): Buffer;
	left(): number;
}

/** Lets another frame follow each one of this method at once, in the same write, so many times. */
export function followed(method: Method, by: (channel: number) => Buffer, times = 1): Meddling {
	return exchanged(method, (frame) => [frame, by(frame.readUInt16BE(1))], times);
}

/** Does something as soon as RabbitMQ has written this method, before anybody reads it. */
export function onceWritten(method: Method, work: () => void): Meddling {
	return exchanged(method, (frame) => [(work(), frame)], 1);
}

/** Does something in the place of each frame of this method, which nobody reads. */
export function withheld(method: Method, work: () => void = () => undefined, times = 1): Meddling {
	return exchanged(method, () => (work(), []), times);
}

/** Frames that are not whole in their write, as long messages, pass as they are. */
function exchanged([classId, methodId]: Method, by: (frame: Buffer) => Buffer[], times: number): Meddling {
	let left = times;
	function change(bytes: Buffer): Buffer {
		const parts: Buffer[] = [];
		let at = 0;
		while (bytes.length >= at + 8) {
			const end = at + 8 + bytes.readUInt32BE(at + 3);
			if (end > bytes.length) break;
			const frame = bytes.subarray(at, end);
			at = end;
			const isMethod = frame[0] === 1 && frame.readUInt16BE(7) === classId && frame.readUInt16BE(9) === methodId;
			if (!isMethod || left === 0) {
				parts.push(frame);
				continue;
			}
			left--;
			parts.push(...by(frame));
		}
		return Buffer.concat([...parts, bytes.subarray(at)]);
	}
	return { change, left: () => left };
}

function closing([classId, methodId]: Method, code: number, text: string): Buffer {
	const head = Buffer.alloc(7);
	head.writeUInt16BE(classId, 0);
	head.writeUInt16BE(methodId, 2);
	head.writeUInt16BE(code, 4);
	head.writeUInt8(text.length, 6);
	return Buffer.concat([head, Buffer.from(text), Buffer.alloc(4)]);
}

function frameOf(channel: number, payload: Buffer): Buffer {
	const head = Buffer.alloc(7);
	head.writeUInt8(1, 0);
	head.writeUInt16BE(channel, 1);
	head.writeUInt32BE(payload.length, 3);
	return Buffer.concat([head, payload, Buffer.from([0xce])]);
}
