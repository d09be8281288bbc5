import { DataTypes } from "sequelize";
import type { Model } from "../../mixins/database/database.mixin";

/** A product, as in the table `catalog.products`. Its stock lives in a table of its own. */
export interface ProductRow {
	id: string;
	sku: string;
	slug: string;
	name: string;
	description: string;
	imageUrl: string | null;
	/** Minor units. */
	price: number;
	categoryId: string | null;
	active: boolean;
	version: number;
	createdAt: Date;
	updatedAt: Date;
}

export const product: Model = {
	name: "product",
	define: {
		id: { type: DataTypes.UUID, primaryKey: true },
		sku: DataTypes.TEXT,
		slug: DataTypes.TEXT,
		name: DataTypes.TEXT,
		description: DataTypes.TEXT,
		imageUrl: DataTypes.TEXT,
		price: DataTypes.BIGINT,
		categoryId: DataTypes.UUID,
		active: DataTypes.BOOLEAN,
		version: DataTypes.INTEGER,
	},
	options: { schema: "catalog", tableName: "products" },
};
