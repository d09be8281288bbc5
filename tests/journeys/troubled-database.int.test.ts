import { rename, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import pg, { Pool } from "pg";
import { startNode, type Node } from "../../node/node";
import { readSettings } from "../../node/settings";
import { interruptedPostgres, type InterruptedPostgres } from "../support/interrupted-postgres";
import { postgresAuditor } from "../support/postgres-auditor";
import { shopEnvironment } from "../support/shop";
import type { Refusal } from "../support/shop-door";
import { stageOf, type Stage } from "../support/shop-stage";
import { until } from "../support/until";

jest.setTimeout(600_000);

/** Seconds, on a machine that is not too busy. */
const WAIT_MS_MAX = 120_000;

let postgres: InterruptedPostgres;
let database: Pool;
let node: Node;
let stage: Stage;
const closing: (() => Promise<unknown>)[] = [];
const fatal: string[] = [];

beforeAll(async () => {
	postgres = await interruptedPostgres();
	closing.push(async () => postgres[Symbol.asyncDispose]());
	database = new Pool({ connectionString: postgres.url, max: 2, application_name: "molecart tests" });
	database.on("error", () => undefined);
	closing.push(() => database.end());
	const auditor = await postgresAuditor(postgres.url);
	closing.push(async () => auditor[Symbol.asyncDispose]());
	const environment = { ...shopEnvironment(postgres.url, undefined), PORT: "0", LOG_LEVEL: "fatal" };
	node = await startNode(readSettings(environment), (reason) => fatal.push(reason));
	closing.push(() => node.stop());
	stage = stageOf({ url: () => node.url!, database, auditor });
});

afterAll(async () => {
	for (const close of closing.toReversed()) await close();
	expect(fatal).toEqual([]);
});

/** What consumers could not handle, which costs an attempt. */
const FAILURES = ["catalog", "cart", "orders"]
	.map((schema) => `SELECT consumer, event_id FROM ${schema}.inbox_failures`)
	.join(" UNION ALL ");

/** Work of the server's owner, who is let in when nobody else is. */
async function withOwner<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
	const client = new pg.Client({ connectionString: postgres.url, application_name: "molecart tests" });
	client.on("error", () => undefined);
	await client.connect();
	try {
		return await work(client);
	} finally {
		await client.end();
	}
}

const asOwner = <Row extends object>(text: string): Promise<Row[]> =>
	withOwner(async (client) => (await client.query<Row>(text)).rows);

const endSessions = (): Promise<unknown> =>
	asOwner(`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name IN ('molecart', 'molecart sandbox provider')`);

/** A state in which a server refuses work, on a server that is in it. */
interface Trouble {
	begin(): Promise<unknown>;
	end(): Promise<unknown>;
}

/** As hosts do to a server that is full, or about to be moved. */
const readOnlyByDefault: Trouble = {
	async begin() {
		await asOwner("ALTER DATABASE molecart SET default_transaction_read_only = on");
		await endSessions();
	},
	async end() {
		const client = new pg.Client({ connectionString: postgres.url, options: "-c default_transaction_read_only=off" });
		await client.connect();
		await client.query("ALTER DATABASE molecart RESET default_transaction_read_only");
		await client.end();
	},
};

const standby: Trouble = {
	begin: () => postgres.interrupt(() => writeFile(path.join(postgres.folder, "standby.signal"), "")),
	end: () => asOwner("SELECT pg_promote()"),
};

const noConnectionLeft: Trouble = {
	async begin() {
		await asOwner("ALTER DATABASE molecart CONNECTION LIMIT 0");
		await endSessions();
	},
	end: () => asOwner("ALTER DATABASE molecart CONNECTION LIMIT -1"),
};

/** Somebody holds every lock that the server has memory for: locks of a session outlive the statement that fails. */
function noMemoryLeft(): Trouble {
	let greedy: pg.Client;
	return {
		async begin() {
			greedy = new pg.Client({ connectionString: postgres.url, application_name: "molecart tests" });
			await greedy.connect();
			const all = greedy.query("SELECT pg_advisory_lock(n) FROM generate_series(1, 10000000) n");
			await expect(all).rejects.toMatchObject({ code: "53200" });
		},
		end: () => greedy.end(),
	};
}

/**
 * Cart's outbox, emptied, is not where it was. Whoever would write there waits until then: a page that was written before
 * is in the server's memory, and what has room on it needs no file.
 */
function outboxElsewhere(place: (file: string) => Promise<void>): Trouble {
	let file = "";
	const move = (): Promise<boolean> =>
		withOwner(async (client) => {
			await client.query("BEGIN");
			await client.query("LOCK TABLE cart.outbox IN ACCESS EXCLUSIVE MODE");
			if ((await client.query("SELECT FROM cart.outbox")).rowCount! > 0) return false;
			await client.query("TRUNCATE cart.outbox");
			const { rows } = await client.query<{ file: string }>("SELECT pg_relation_filepath('cart.outbox') AS file");
			file = path.join(postgres.folder, rows[0]!.file);
			await rename(file, `${file}.kept`);
			await place(file);
			await client.query("COMMIT");
			return true;
		});
	return {
		async begin() {
			await until(move, { what: "cart's outbox to be empty", withinMs: WAIT_MS_MAX });
			await endSessions();
		},
		async end() {
			await rename(`${file}.kept`, file);
			await endSessions();
		},
	};
}

const fullDisk = outboxElsewhere((file) => symlink("/dev/full", file));
const fileGone = outboxElsewhere(async () => undefined);

test.each<[string, string, Trouble]>([
	["can only be read by default", "25006", readOnlyByDefault],
	["has become a standby", "25006", standby],
	["has no connection left", "53300", noConnectionLeft],
	["has no memory left", "53200", noMemoryLeft()],
	["has no room on its disk", "53100", fullDisk],
	["can't open a file", "58P01", fileGone],
])("a server that %s (%s) is waited for", async (_what, _sqlstate, trouble) => {
	const lamp = await stage.given.product({ stock: 100 });
	const ada = await stage.given.customer();
	const wish = { product: lamp, quantity: 1 };
	const order = await stage.when.checksOut(ada, [wish]);
	const codes = new Set<string>();
	const writes = async (): Promise<boolean> => {
		try {
			await stage.given.cart("guest", wish);
			return true;
		} catch (error) {
			codes.add((error as Refusal).code);
			return false;
		}
	};

	await trouble.begin();
	try {
		const isTold = async (): Promise<boolean> => !(await writes()) && node.missing().includes("DATABASE_URL");
		await until(isTold, { what: "writes to be refused, and the node to say why", withinMs: WAIT_MS_MAX });
	} finally {
		await trouble.end();
	}
	await until(writes, { what: "a write to be taken", withinMs: WAIT_MS_MAX });
	const later = await stage.when.checksOut(ada, [wish]);

	await stage.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" }, WAIT_MS_MAX);
	await stage.until(later).is("CONFIRMED", { paymentStatus: "CAPTURED" }, WAIT_MS_MAX);
	await until(() => node.missing().length === 0, { what: "the node to be ready", withinMs: WAIT_MS_MAX });
	expect([...codes]).toEqual(["UNAVAILABLE"]);
	expect(await stage.deadLetters()).toEqual([]);
	expect(await asOwner(FAILURES)).toEqual([]);
	await stage.untilSound(WAIT_MS_MAX);
});
