import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { ApolloServer, HeaderMap } from "@apollo/server";
import { makeExecutableSchema } from "@graphql-tools/schema";
import DataLoader from "dataloader";
import pg from "pg";
import { DateTime } from "../services/gateway/gateway.graphql";

/**
 * What the shop's reads are measured against: Apollo Server 5 as it comes, over node:http, with `pg`, DataLoaders and the
 * shop's own schema, on the shop's own tables. Nothing else of the shop is in the way.
 */

interface Row {
	id: string;
	category_id: string | null;
}

interface Loaders {
	category: DataLoader<string, object | undefined>;
	available: DataLoader<string, number>;
}

pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const COLUMNS = `id, sku, slug, name, description, image_url AS "imageUrl", price AS amount, category_id, active,
	created_at AS "createdAt", updated_at AS "updatedAt"`;

function loadersOn(pool: pg.Pool): Loaders {
	return {
		category: new DataLoader(async (ids) => {
			const { rows } = await pool.query<Row>("SELECT id, slug, name FROM catalog.categories WHERE id = ANY ($1)", [
				ids,
			]);
			return ids.map((id) => rows.find((row) => row.id === id));
		}),
		available: new DataLoader(async (ids) => {
			const { rows } = await pool.query<{ product_id: string; available: number }>(
				"SELECT product_id, on_hand - reserved AS available FROM catalog.stock WHERE product_id = ANY ($1)",
				[ids],
			);
			return ids.map((id) => rows.find((row) => row.product_id === id)?.available ?? 0);
		}),
	};
}

function schemaOn(pool: pg.Pool) {
	return makeExecutableSchema<Loaders>({
		typeDefs: fs.readFileSync(path.join(__dirname, "../services/gateway/schema.graphql"), "utf8"),
		resolvers: {
			DateTime,
			Query: {
				async products(_root, { skip, take }: { skip: number; take: number }) {
					const [counted, page] = await Promise.all([
						pool.query<{ total: number }>("SELECT count(*) AS total FROM catalog.products WHERE active"),
						pool.query(
							`SELECT ${COLUMNS} FROM catalog.products WHERE active ORDER BY created_at DESC, id OFFSET $1 LIMIT $2`,
							[skip, take],
						),
					]);
					return { items: page.rows, totalItems: counted.rows[0]!.total };
				},
				async product(_root, { id }: { id: string }) {
					const { rows } = await pool.query(`SELECT ${COLUMNS} FROM catalog.products WHERE id = $1 AND active`, [id]);
					return rows[0];
				},
			},
			Product: {
				price: ({ amount }: { amount: number }) => ({ amount, currency: "USD" }),
				category: (row: Row, _args, { category }) => row.category_id && category.load(row.category_id),
				availableQuantity: (row: Row, _args, { available }) => available.load(row.id),
			},
		},
	});
}

process.once("message", (message: { databaseUrl: string }) => {
	void serve(message).catch((error: unknown) => {
		console.error(error);
		process.exit(1);
	});
});

async function serve({ databaseUrl }: { databaseUrl: string }): Promise<void> {
	const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
	const apollo = new ApolloServer<Loaders>({ schema: schemaOn(pool), nodeEnv: "production", introspection: false });
	await apollo.start();
	const server = http.createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on("data", (chunk: Buffer) => chunks.push(chunk));
		request.on("end", () => {
			const headers = new HeaderMap(Object.entries(request.headers) as [string, string][]);
			const httpGraphQLRequest = {
				method: "POST",
				headers,
				search: "",
				body: JSON.parse(Buffer.concat(chunks).toString()) as unknown,
			};
			void apollo
				.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => loadersOn(pool) })
				.then(({ status, headers: answered, body }) => {
					for (const [name, value] of answered) response.setHeader(name, value);
					response.writeHead(status ?? 200).end(body.kind === "complete" ? body.string : "");
				});
		});
	});
	server.listen(0, "127.0.0.1", () => process.send!({ port: (server.address() as AddressInfo).port }));
}
