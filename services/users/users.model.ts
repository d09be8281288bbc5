import { DataTypes } from "sequelize";
import type { Model } from "../../mixins/database/database.mixin";

/** An account, as in the table `users.users`. */
export interface UserRow {
	id: string;
	email: string;
	emailKey: string;
	name: string;
	passwordHash: string;
	role: "CUSTOMER" | "ADMIN";
	createdAt: Date;
}

export const user: Model = {
	name: "user",
	define: {
		id: { type: DataTypes.UUID, primaryKey: true },
		email: DataTypes.TEXT,
		emailKey: DataTypes.TEXT,
		name: DataTypes.TEXT,
		passwordHash: DataTypes.TEXT,
		role: DataTypes.TEXT,
	},
	options: { schema: "users", tableName: "users" },
};
