import path from "node:path";

/** A frame as it was cut out of the stream. */
export interface ParsedFrame {
	type: number;
	channel: number;
	size: number;
	payload: Buffer;
	rest: Buffer;
}

interface Frames {
	PROTOCOL_HEADER: string;
	HEARTBEAT_BUF: Buffer;
	/** @returns false when the frame is not whole yet. @throws what is no frame */
	parseFrame(bytes: Buffer, max: number): ParsedFrame | false;
	decodeFrame(frame: ParsedFrame): {
		channel: number;
		id?: number;
		fields?: Record<string, unknown>;
		size?: number;
		content?: Buffer;
	};
	makeBodyFrame(channel: number, payload: Buffer): Buffer;
}

type MethodName =
	| `Connection${"Start" | "StartOk" | "Tune" | "TuneOk" | "Open" | "Close" | "Blocked"}`
	| `Connection${"OpenOk" | "CloseOk" | "Unblocked"}`
	| `Channel${"Open" | "OpenOk" | "Close" | "CloseOk" | "Flow" | "FlowOk"}`
	| `Exchange${"Declare" | "DeclareOk" | "Delete" | "DeleteOk"}`
	| `Queue${"Declare" | "Bind" | "Unbind" | "Purge" | "Delete"}${"" | "Ok"}`
	| `Basic${"Qos" | "Consume" | "Cancel" | "Get" | "Recover"}${"" | "Ok"}`
	| `Basic${"Publish" | "Return" | "Deliver" | "GetEmpty" | "Ack" | "Reject" | "Nack"}`
	| `Confirm${"Select" | "SelectOk"}`;

type Definitions = Record<MethodName, number> & {
	encodeMethod(id: number, channel: number, fields: Record<string, unknown>): Buffer;
	encodeProperties(classId: number, channel: number, size: number, fields: Record<string, unknown>): Buffer;
};

/** amqplib keeps its codec to itself, so it is found by its place: the package has no types and no export for it. */
const folder = path.join(path.dirname(require.resolve("amqplib")), "lib");

export const frames = require(path.join(folder, "frame.js")) as Frames;
export const definitions = require(path.join(folder, "defs.js")) as Definitions;
