import pg from "pg";

/** The driver's own, before it was replaced. */
export const driver = {
	query: pg.Client.prototype.query as unknown as (this: pg.Client, ...args: unknown[]) => Promise<pg.QueryResult>,
	connect: pg.Client.prototype.connect as unknown as (this: pg.Client, ...args: unknown[]) => unknown,
	end: pg.Client.prototype.end as unknown as (this: pg.Client, ...args: unknown[]) => unknown,
};

/** A connection beside the simulation: nobody in it is kept waiting, and nothing of it is a choice. */
export interface Control {
	query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
	/** Those of these backends that wait for a lock, each with whom it waits for. */
	blocked(pids: readonly number[]): Promise<Map<number, number[]>>;
	/** Ends what a backend does. */
	cancel(pid: number): Promise<void>;
	end(): Promise<void>;
}

/** A name for each text, so that it is planned once. */
const names = new Map<string, string>();

export async function openControl(url: string): Promise<Control> {
	// What is asked at once goes at once: each question reads for itself.
	const client = new pg.Client({ connectionString: url, pipeline: true });
	// When the simulator ends its server, nobody is there to be told.
	client.on("error", () => undefined);
	await (driver.connect.call(client) as Promise<void>);

	async function query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
		const name = names.get(text) ?? `control ${names.size}`;
		names.set(text, name);
		const { rows } = await driver.query.call(client, { name, text, values: values as unknown[] });
		return rows as Row[];
	}

	return {
		query,
		async blocked(pids) {
			const rows = await query<{ pid: number; by: number[] }>(
				"SELECT pid, pg_blocking_pids(pid) AS by FROM unnest($1::int[]) AS pid",
				[pids],
			);
			return new Map(rows.filter(({ by }) => by.length > 0).map(({ pid, by }) => [pid, by]));
		},
		cancel: async (pid) => void (await query("SELECT pg_cancel_backend($1)", [pid])),
		end: async () => void (await driver.end.call(client)),
	};
}
