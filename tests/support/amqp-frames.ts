/** A `basic.ack` of a delivery that never was: a fault for which RabbitMQ closes the channel and nothing else. */
export function acknowledgementOfNothing(channel: number): Buffer {
	const payload = Buffer.alloc(13);
	payload.writeUInt16BE(60, 0);
	payload.writeUInt16BE(80, 2);
	payload.writeBigUInt64BE(999_999n, 4);
	const frame = Buffer.alloc(7 + payload.length + 1);
	frame.writeUInt8(1, 0);
	frame.writeUInt16BE(channel, 1);
	frame.writeUInt32BE(payload.length, 3);
	payload.copy(frame, 7);
	frame.writeUInt8(0xce, frame.length - 1);
	return frame;
}
