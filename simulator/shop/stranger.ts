import pg from "pg";
import { driver } from "../world/postgres/control";
import type { Stranger } from "./faults";

/** Among so many of a table one is chosen: it has about as many products. */
const ROWS = 3;

/** Somebody with a console, who begins a transaction and goes to lunch. */
export function newStranger(url: string): Stranger & { leave(): Promise<void> } {
	let client: pg.Client | undefined;
	const ask = async (text: string): Promise<void> => void (await driver.query.call(client!, text));
	return {
		async lock(table, nth) {
			if (!client) {
				client = new pg.Client(url);
				client.on("error", () => undefined);
				await (driver.connect.call(client) as Promise<void>);
			}
			await ask("BEGIN");
			const which =
				nth === undefined
					? ""
					: `WHERE ctid = (SELECT ctid FROM ${table} t ORDER BY t::text OFFSET ${nth % ROWS} LIMIT 1)`;
			await ask(`SELECT FROM ${table} ${which} FOR UPDATE SKIP LOCKED`);
		},
		async letGo() {
			if (client) await ask("ROLLBACK");
		},
		async leave() {
			if (client) await (driver.end.call(client) as Promise<void>);
		},
	};
}
