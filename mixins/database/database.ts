import { type Sequelize, Transaction as SequelizeTransaction } from "sequelize";
import type { PoolClient, QueryResult } from "pg";
import { isConnectionLost, isSerializationConflict } from "./faults";
import { PROVE, ReadOnlyServerError, type WriteProof } from "./read-only";
import { serverAnswers } from "./server-answers";
import type { Shares } from "./shares";
import type { Statement } from "./statement";
import type { Troubles } from "./troubles";

/** Three in all: under contention the second nearly always succeeds; more would only add to the crowd. */
const TRANSACTION_ATTEMPTS = 3;

/** One open transaction. Whoever holds it can write; what needs a transaction takes it as its first argument. */
export interface Transaction {
	query<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
	/** For Sequelize models: `model.create(…, { transaction: tx.forModels })`. */
	readonly forModels: SequelizeTransaction;
	/**
	 * Runs after COMMIT succeeded, not after a rollback. Nothing durable may depend on it. What it throws is logged and not
	 * thrown on: what the transaction did has been done, and neither its caller nor the other hooks may take it for failed.
	 */
	afterCommit(hook: () => void): void;
}

/** How a transaction meets others. */
export interface TransactionOptions {
	/** For how long it waits for one lock. Default: the pool's own limit. */
	lockWaitMs?: number;
}

/** What waits its turn may be about something that somebody else holds. */
export interface ChangeOptions extends TransactionOptions {
	/**
	 * Stands for the rows that many may want at once, e.g. the products of an order. After one of them has waited for a lock
	 * in vain, one at a time tries it again, and the others share its answer.
	 */
	about?: readonly string[];
}

/** What has a connection for itself, whatever the requests wait for. */
export interface Upkeep {
	query<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
	transaction<Result>(work: (tx: Transaction) => Promise<Result>, options?: TransactionOptions): Promise<Result>;
}

/**
 * A database as a service sees it: statements and transactions on the pool that it shares with its process. None may be
 * begun within another's work: those who hold a connection and wait for a second one may wait for each other.
 * Each throws {@link DatabaseBusyError} when it has stood in line for too long.
 */
export interface Database {
	readonly sequelize: Sequelize;
	/** For what waits for nobody: reading, mostly. There is always a connection that no transaction may take. */
	query<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
	/** One statement that changes what others may hold, with a transaction's share of the pool. */
	change<Row extends object>(
		statement: Statement,
		values?: readonly unknown[],
		options?: Pick<ChangeOptions, "about">,
	): Promise<Row[]>;
	/**
	 * Runs `work` in a READ COMMITTED transaction. Deadlocks and serialisation failures are tried again, so `work`
	 * may run more than once and must do nothing outside the transaction but in `afterCommit`.
	 * An error at COMMIT leaves open whether it happened: callers guard by an operation id.
	 */
	transaction<Result>(work: (tx: Transaction) => Promise<Result>, options?: ChangeOptions): Promise<Result>;
	/** For what must go on when all others wait: leases are renewed with it, and lost without. */
	readonly upkeep: Upkeep;
	/** Whether the server can be written to in time, asked past the pool, in whose line one may wait for other reasons. */
	answers(withinMs: number): Promise<boolean>;
	/**
	 * Writes something that nobody reads.
	 * @returns the server's time
	 * @throws {ReadOnlyServerError}, or why it can't be reached
	 */
	proveWritable(): Promise<Date>;
	/** What the server could do for nobody a moment ago, e.g. find room on its disk. */
	unable(): string | undefined;
}

/** The pg client below a Sequelize pool: the only way to named statements (figures in docs/architecture.md). */
type Connection = PoolClient;

/** What services that work on one database in one process share. */
export interface Pool {
	url: string;
	sequelize: Sequelize;
	shares: Shares;
	troubles: Troubles;
}

/** Where it is said what nobody else is told. */
export interface HookLog {
	error(...words: unknown[]): void;
}

export function databaseOn(pool: Pool, log: HookLog = console): Database {
	const { url, sequelize, shares, troubles } = pool;
	const upkeep: Upkeep = {
		query: (statement, values) => onConnection(pool, (connection) => run(connection, statement, values)),
		transaction: (work, options) =>
			retryOnConflict(async () => {
				const { result, hooks } = await onConnection(pool, (connection) =>
					inTransaction(sequelize, connection, work, options),
				);
				for (const hook of hooks) runHook(hook, log);
				return result;
			}),
	};
	return {
		sequelize,
		query: (statement, values) => shares.atWork(() => upkeep.query(statement, values)),
		change: (statement, values, options) => shares.changing(options?.about, () => upkeep.query(statement, values)),
		transaction: (work, options) => shares.changing(options?.about, () => upkeep.transaction(work, options)),
		upkeep,
		answers: (withinMs) => serverAnswers(url, withinMs),
		proveWritable: () =>
			onConnection(pool, async (connection) => {
				const [proof] = await run<WriteProof>(connection, PROVE);
				if (proof!.written === null) throw new ReadOnlyServerError();
				return proof!.at;
			}),
		unable: () => troubles.lately(),
	};
}

async function retryOnConflict<Result>(attempt: () => Promise<Result>): Promise<Result> {
	for (let tried = 1; ; tried++) {
		try {
			return await attempt();
		} catch (error) {
			if (tried === TRANSACTION_ATTEMPTS || !isSerializationConflict(error)) throw error;
			const jitterMs = Math.random() * 20 * tried;
			await new Promise((resolve) => setTimeout(resolve, jitterMs));
		}
	}
}

async function onConnection<Result>(
	{ sequelize, troubles }: Pool,
	work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
	const connection = (await sequelize.connectionManager.getConnection({ type: "write" })) as Connection;
	try {
		const result = await work(connection);
		sequelize.connectionManager.releaseConnection(connection);
		return result;
	} catch (error) {
		troubles.note(error);
		if (isConnectionLost(error)) await discard(sequelize, connection);
		else sequelize.connectionManager.releaseConnection(connection);
		throw error;
	}
}

async function inTransaction<Result>(
	sequelize: Sequelize,
	connection: Connection,
	work: (tx: Transaction) => Promise<Result>,
	{ lockWaitMs }: TransactionOptions = {},
): Promise<{ result: Result; hooks: readonly (() => void)[] }> {
	const hooks: (() => void)[] = [];
	let models: SequelizeTransaction | undefined;
	const tx: Transaction = {
		query: (statement, values) => run(connection, statement, values),
		get forModels() {
			return (models ??= carrierOf(sequelize, connection));
		},
		afterCommit: (hook) => void hooks.push(hook),
	};

	// One journey for both; it ends with the transaction.
	await connection.query(lockWaitMs === undefined ? "BEGIN" : `BEGIN; SET LOCAL lock_timeout = ${lockWaitMs}`);
	let result: Result;
	try {
		result = await work(tx);
		await commit(connection);
	} catch (error) {
		if (!isConnectionLost(error)) await connection.query("ROLLBACK");
		throw error;
	}
	return { result, hooks };
}

function runHook(hook: () => void, log: HookLog): void {
	try {
		hook();
	} catch (error) {
		log.error("Something that was to follow a commit has failed; the commit stands:", error);
	}
}

/** PostgreSQL answers the COMMIT of a transaction in which a statement failed with a rollback, and no error. */
async function commit(connection: Connection): Promise<void> {
	const { command } = await connection.query("COMMIT");
	if (command !== "COMMIT") throw new Error("A statement of the transaction failed, so it was rolled back");
}

/** A Sequelize transaction that only carries our connection to the models; it begins and ends with ours. */
function carrierOf(sequelize: Sequelize, connection: Connection): SequelizeTransaction {
	const carrier = new SequelizeTransaction(sequelize, {});
	return Object.assign(carrier, { connection });
}

async function run<Row extends object>(
	connection: Connection,
	statement: Statement,
	values: readonly unknown[] = [],
): Promise<Row[]> {
	const result: QueryResult<Row> = await connection.query({
		name: statement.name,
		text: statement.text,
		values: values as unknown[],
	});
	return result.rows;
}

/** A broken connection must not go back to the pool: the next user would get its error. */
async function discard(sequelize: Sequelize, connection: Connection): Promise<void> {
	const { pool } = sequelize.connectionManager as unknown as { pool: { destroy(c: Connection): Promise<void> } };
	await pool.destroy(connection);
}
