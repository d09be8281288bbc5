import { Client } from "pg";
import { startNode } from "../node/node";
import { readSettings } from "../node/settings";
import type { Unit } from "./recording";

/** A shop that tells its parent process each transaction, and each statement outside of one, that it sends. */

const open = new WeakMap<object, Unit>();
const send = Client.prototype.query as (this: Client, ...args: unknown[]) => unknown;

Client.prototype.query = function (this: Client, ...args: unknown[]) {
	note(this, args);
	return send.apply(this, args);
} as typeof Client.prototype.query;

function note(client: Client, [config, more]: unknown[]): void {
	const { name, text, values } = (typeof config === "string" ? { text: config } : config) as Partial<Unit[number]>;
	if (text === undefined) return;
	const statement = { name, text, values: values ?? (Array.isArray(more) ? (more as unknown[]) : []) };
	const unit = open.get(client);
	if (/^(BEGIN|START TRANSACTION)/i.test(text)) {
		open.set(client, [statement]);
	} else if (unit && /^(COMMIT|ROLLBACK)/i.test(text)) {
		open.delete(client);
		if (/^COMMIT/i.test(text)) process.send!([...unit, statement]);
	} else if (unit) {
		unit.push(statement);
	} else {
		process.send!([statement]);
	}
}

startNode(readSettings(process.env), (reason) => {
	throw new Error(reason);
})
	.then((node) => process.on("SIGTERM", () => void node.stop().then(() => process.exit(0))))
	.catch((error: unknown) => {
		console.error(error);
		process.exit(1);
	});
