import type { Writable } from "node:stream";
import pg from "pg";
import { gatherWrites } from "../../../mixins/gather-writes";
import { onHost } from "../host";
import { driver } from "./control";

/** A connection to the real server, which one transaction after another is carried by. */
export interface Carrier {
	readonly client: pg.Client;
	readonly pid: number;
	/** It has prepared the statements of this one. */
	readonly program: unknown;
	/** What the server told of itself when it was opened, e.g. `server_version`. */
	readonly told: ReadonlyMap<string, string>;
	/** The time that it was last told, or `undefined` where that may have been rolled back. */
	toldMs: number | undefined;
}

/**
 * Connections that outlive the sessions of the simulation, and the simulations of a process: opening one takes 3 ms, its
 * first use of a table as long again, and each first use of a statement is planned. So a session has one while it has a
 * transaction open, as a pooler does it, or something that outlives its transactions.
 */
export interface Carriers {
	/** One that works as the given client of a program would. */
	take(like: pg.Client, program: unknown): Promise<Carrier>;
	/** Nothing of its session is left in it. */
	giveBack(carrier: Carrier): void;
	/** As when a session ends: rolls back, lets go of all locks, takes all settings back. */
	clean(carrier: Carrier): Promise<void>;
	/** A simulation begins: which of its sessions share a connection, and its plans, is not to follow from those before. */
	beginAnew(): void;
	close(): Promise<void>;
}

export function newCarriers(): Carriers {
	let idle: Carrier[] = [];
	/** Not used in this simulation yet. */
	let spare: Carrier[] = [];
	const all = new Set<Carrier>();
	/** One after the other, so that those who ask at the same time are served in their order. */
	let last: Promise<unknown> = Promise.resolve();

	async function take(like: pg.Client, program: unknown): Promise<Carrier> {
		const carrier =
			lastOf(idle, program) ??
			(await anew(program)) ??
			// Its socket outlives the host that was the first to need it.
			(await onHost(undefined, () => open(like, program)));
		all.add(carrier);
		return carrier;
	}

	/** A plan is made at a statement's first use, by how large the tables are then. */
	async function anew(program: unknown): Promise<Carrier | undefined> {
		const carrier = lastOf(spare, program);
		if (carrier) await driver.query.call(carrier.client, "DISCARD PLANS");
		return carrier;
	}

	return {
		take(like, program) {
			const taken = last.then(() => take(like, program));
			last = taken;
			return taken;
		},
		giveBack: (carrier) => void idle.push(carrier),
		async clean(carrier) {
			await driver.query.call(carrier.client, "ROLLBACK; SELECT pg_advisory_unlock_all(); RESET ALL");
			carrier.toldMs = undefined;
		},
		beginAnew() {
			spare = [...spare, ...idle];
			idle = [];
		},
		async close() {
			for (const { client } of all) await driver.end.call(client);
		},
	};
}

/** Takes it away. */
function lastOf(carriers: Carrier[], program: unknown): Carrier | undefined {
	const at = carriers.findLastIndex((carrier) => carrier.program === program);
	return at < 0 ? undefined : carriers.splice(at, 1)[0];
}

async function open(like: pg.Client, program: unknown): Promise<Carrier> {
	const { user, database, host } = like;
	const { options } = (like as unknown as { connectionParameters: { options?: string } }).connectionParameters;
	// What is told beside a statement goes with it, and waits for no answer.
	const config = { user, database, host, pipeline: true, ...(options && { options }) };
	const client = new pg.Client(config);
	// When the simulator ends its server, nobody is there to be told.
	client.on("error", () => undefined);
	const told = new Map<string, string>();
	const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
	connection.on("parameterStatus", ({ parameterName, parameterValue }: Record<string, string>) =>
		told.set(parameterName!, parameterValue!),
	);
	await (driver.connect.call(client) as Promise<void>);
	gatherWrites((connection as unknown as { stream: Writable }).stream);
	return { client, pid: (client as unknown as { processID: number }).processID, program, told, toldMs: undefined };
}
