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
	/** When a mail to that address was answered. */
	emailVerifiedAt: Date | null;
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
		emailVerifiedAt: DataTypes.DATE,
	},
	options: { schema: "users", tableName: "users" },
};
