import type { ServiceSchema } from "moleculer";
import DbService from "moleculer-db";
import type { ModelAttributes, ModelOptions } from "sequelize";
import { defineMixin } from "../define";
import { SharedPoolAdapter } from "./adapter";
import type { Database as DatabaseHandle } from "./database";
import { firstConnection } from "./first-connection";
import { sharePool, type DatabaseAddress, type PoolShare } from "./pools";

/** How moleculer-db's Sequelize adapter wants a model described. */
export interface Model {
	name: string;
	define: ModelAttributes;
	options: ModelOptions;
}

export interface DatabaseOptions extends DatabaseAddress {
	/** With one, moleculer-db's actions and methods work on it. */
	model?: Model;
}

/** What the mixin adds to a service. */
export interface WithDatabase {
	/** From `created` on; connects when it is first used. */
	db: DatabaseHandle;
}

/**
 * PostgreSQL for a service: a share in the process's one pool for `url`, and, where a model is given, moleculer-db on
 * top of it. Its stock actions are switched off: they would take whatever fields they are given; a service publishes
 * what it means to, with strict params.
 *
 * Stands last among a service's mixins: Moleculer starts the last one first and stops it last, and the others work with it.
 */
export function Database({ model, ...address }: DatabaseOptions): Partial<ServiceSchema> {
	let share: PoolShare | undefined;
	const lifecycle = defineMixin<WithDatabase>({
		created() {
			share = sharePool(address, this.logger);
			this.db = share.database;
		},
		async started() {
			await firstConnection(this.db.sequelize);
		},
		async stopped() {
			await share?.release();
		},
	});
	if (!model) return lifecycle;
	return { ...modelService(address, model), mixins: [DbService as Partial<ServiceSchema>, lifecycle] };
}

const STOCK_ACTIONS = ["find", "count", "list", "create", "insert", "get", "update", "remove"];

function modelService(address: DatabaseAddress, model: Model): Partial<ServiceSchema> {
	return {
		adapter: new SharedPoolAdapter(address),
		model: { ...model, options: { underscored: true, timestamps: true, ...model.options } },
		settings: { idField: "id", maxLimit: 100, pageSize: 20, maxPageSize: 100 },
		actions: Object.fromEntries(STOCK_ACTIONS.map((name) => [name, false])),
	} as Partial<ServiceSchema>;
}
