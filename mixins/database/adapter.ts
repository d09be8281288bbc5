import SequelizeDbAdapter from "moleculer-db-adapter-sequelize";
import type { Service } from "moleculer";
import type { ModelStatic, Model as SequelizeModel } from "sequelize";
import type { Model } from "./database.mixin";
import { sharePool, type DatabaseAddress, type PoolShare } from "./pools";

interface AdapterInternals {
	service: Service & { schema: { model: Model }; model: ModelStatic<SequelizeModel> };
	db: unknown;
	model: ModelStatic<SequelizeModel>;
}

/**
 * moleculer-db's Sequelize adapter on the pool that the process shares. The stock one opens a pool for each service,
 * synchronises tables behind the migrations' back, and is handed to it through a deep clone, which a Sequelize
 * instance does not survive; so this one holds only the address until it connects.
 */
export class SharedPoolAdapter extends SequelizeDbAdapter {
	private share: PoolShare | undefined;

	constructor(private readonly address: DatabaseAddress) {
		super({});
	}

	override async connect(): Promise<void> {
		const self = this as unknown as AdapterInternals;
		// moleculer-db calls this again each second until it succeeds: one share is enough.
		this.share ??= sharePool(this.address);
		const { sequelize } = this.share.database;
		await sequelize.authenticate();
		const { name, define, options } = self.service.schema.model;
		self.db = sequelize;
		self.model = sequelize.define(name, define, options);
		self.service.model = self.model;
	}

	override async disconnect(): Promise<void> {
		await this.share?.release();
		this.share = undefined;
	}
}
