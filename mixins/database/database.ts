import { type Sequelize, Transaction as SequelizeTransaction } from "sequelize";
import type { PoolClient, QueryResult } from "pg";
import { isConnectionLost, isSerializationConflict } from "./faults";
import type { Statement } from "./statement";

/** Three in all: under contention the second nearly always succeeds; more would only add to the crowd. */
const TRANSACTION_ATTEMPTS = 3;

/** One open transaction. Whoever holds it can write; what needs a transaction takes it as its first argument. */
export interface Transaction {
	query<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
	/** For Sequelize models: `model.create(…, { transaction: tx.forModels })`. */
	readonly forModels: SequelizeTransaction;
	/** Runs after COMMIT succeeded, not after a rollback. Must not throw; nothing durable may depend on it. */
	afterCommit(hook: () => void): void;
}

/** A database as a service sees it: statements and transactions on the pool that it shares with its process. */
export interface Database {
	readonly sequelize: Sequelize;
	query<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
	/**
	 * Runs `work` in a READ COMMITTED transaction. Deadlocks and serialisation failures are tried again, so `work`
	 * may run more than once and must do nothing outside the transaction but in `afterCommit`.
	 * An error at COMMIT leaves open whether it happened: callers guard by an operation id.
	 */
	transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>;
}

/** The pg client below a Sequelize pool: the only way to named statements (figures in docs/architecture.md). */
type Connection = PoolClient;

export function databaseOn(sequelize: Sequelize): Database {
	return {
		sequelize,
		query: (statement, values) => onConnection(sequelize, (connection) => run(connection, statement, values)),
		transaction: (work) =>
			retryOnConflict(() => onConnection(sequelize, (connection) => inTransaction(sequelize, connection, work))),
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
	sequelize: Sequelize,
	work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
	const connection = (await sequelize.connectionManager.getConnection({ type: "write" })) as Connection;
	try {
		const result = await work(connection);
		sequelize.connectionManager.releaseConnection(connection);
		return result;
	} catch (error) {
		if (isConnectionLost(error)) await discard(sequelize, connection);
		else sequelize.connectionManager.releaseConnection(connection);
		throw error;
	}
}

async function inTransaction<Result>(
	sequelize: Sequelize,
	connection: Connection,
	work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
	const hooks: (() => void)[] = [];
	let models: SequelizeTransaction | undefined;
	const tx: Transaction = {
		query: (statement, values) => run(connection, statement, values),
		get forModels() {
			return (models ??= carrierOf(sequelize, connection));
		},
		afterCommit: (hook) => void hooks.push(hook),
	};

	await connection.query("BEGIN");
	let result: Result;
	try {
		result = await work(tx);
		await commit(connection);
	} catch (error) {
		if (!isConnectionLost(error)) await connection.query("ROLLBACK");
		throw error;
	}
	for (const hook of hooks) hook();
	return result;
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
