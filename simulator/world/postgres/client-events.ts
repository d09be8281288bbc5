import type { Socket } from "node:net";
import type pg from "pg";

/** What a client of the driver says of itself; here the simulation says it. */
interface Client {
	connection: NodeJS.EventEmitter & { stream: Socket };
	_connected: boolean;
	_ended: boolean;
	_queryable: boolean;
	emit(event: string, ...args: unknown[]): boolean;
}

/** As a server greets it: with what there is to know of it, e.g. `server_version`. */
export function tellConnected(client: pg.Client, told: ReadonlyMap<string, string>, isReadOnly: boolean): void {
	const its = client as unknown as Client;
	its._connected = true;
	its._queryable = true;
	// It was never opened, and would remember each of these for when it is.
	its.connection.stream.ref = its.connection.stream.unref = () => its.connection.stream;
	for (const [parameterName, parameterValue] of told)
		its.connection.emit("parameterStatus", { parameterName, parameterValue });
	if (isReadOnly) {
		const parameterName = "default_transaction_read_only";
		its.connection.emit("parameterStatus", { parameterName, parameterValue: "on" });
	}
	its.emit("connect");
}

/** @param error why it has ended, where its program has not ended it */
export function tellEnded(client: pg.Client, error: Error | undefined): void {
	const its = client as unknown as Client;
	its._queryable = false;
	its._ended = true;
	if (error) its.emit("error", error);
	process.nextTick(() => its.emit("end"));
}
