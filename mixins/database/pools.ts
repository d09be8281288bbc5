import pg from "pg";
import { Sequelize } from "sequelize";
import { databaseOn, type Database, type HookLog, type Pool } from "./database";
import { isWorthKeeping, pooledClient } from "./pooled-client";
import { sharesOf } from "./shares";
import { rememberTroubles } from "./troubles";

/** Enough to keep two cores of PostgreSQL busy. */
export const POOL_SIZE_MAX = 10;

/** Money and counters are far below 2^53, so `bigint` columns arrive as numbers and not as text. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** Where a service finds its tables, and as whom. */
export interface DatabaseAddress {
	/** postgres://… */
	url: string;
	/** Fewer than ten where a process has several pools on one server. Of those who share a pool, the first one says. */
	connectionsMax?: number;
}

interface SharedPool extends Pool {
	users: number;
}

/** Finds a pool and keeps none alive: it lives as long as a service, or whoever else, holds a share in it. */
const pools = new Map<string, WeakRef<SharedPool>>();

/** A share in the process's one pool for a database. */
export interface PoolShare {
	readonly database: Database;
	/** Gives the share back; the last one closes the pool. */
	release(): Promise<void>;
}

/**
 * Takes a share in the pool for `url`, which connects when it is first used.
 * @param log of whoever shares, for what nobody else is told
 */
export function sharePool({ url, connectionsMax = POOL_SIZE_MAX }: DatabaseAddress, log?: HookLog): PoolShare {
	const pool = pools.get(url)?.deref() ?? {
		url,
		sequelize: openPool(url, connectionsMax),
		shares: sharesOf(connectionsMax),
		troubles: rememberTroubles(),
		users: 0,
	};
	pools.set(url, new WeakRef(pool));
	pool.users++;
	let released = false;
	return {
		database: databaseOn(pool, log),
		async release() {
			if (released) return;
			released = true;
			if (--pool.users > 0) return;
			pools.delete(url);
			await pool.sequelize.close();
		},
	};
}

function openPool(url: string, connectionsMax: number): Sequelize {
	return new Sequelize({
		dialect: "postgres",
		dialectModule: { ...pg, Client: pooledClient(url) },
		logging: false,
		pool: { max: connectionsMax, min: 0, acquire: 10_000, idle: 30_000, validate: isWorthKeeping },
		dialectOptions: {
			application_name: "molecart",
			keepAlive: true,
			connectionTimeoutMillis: 5_000,
			statement_timeout: 10_000,
			// A server that has stopped answering altogether: longer than the server's own limit, and then the connection goes.
			query_timeout: 15_000,
			// Longer than the second that PostgreSQL takes to find a deadlock, which is tried again. Of a row that several wait
			// for, each but the first waits twice: for its turn, and for who has locked it.
			lock_timeout: 1_500,
			// No transaction waits for anything but the database. A node that is silent for so long in the middle of one is
			// frozen, its leases are over, and its row locks would keep the others from taking its work.
			idle_in_transaction_session_timeout: 5_000,
		},
	});
}
