import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";

/** One numbered SQL file. */
export interface MigrationFile {
	/** e.g. `004_create_orders_schema.sql` */
	name: string;
	/** It is applied once in each of these schemas, where unqualified names then live. */
	schemas: string[];
	sql: string;
	/** SHA-256, hex. */
	checksum: string;
}

const NAME = /^\d{3}_[a-z0-9_]+\.sql$/;
const HEADER = /^-- schema: ([a-z_]+(?:, [a-z_]+)*)\n/;

/** Reads the migrations of a folder, in the order of their numbers. */
export async function readMigrations(folder: string): Promise<MigrationFile[]> {
	const names = (await fs.readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted();
	refuseOtherNames(names);
	refuseSameNumber(names);
	return Promise.all(names.map((name) => readMigration(folder, name)));
}

async function readMigration(folder: string, name: string): Promise<MigrationFile> {
	const sql = (await fs.readFile(path.join(folder, name), "utf8")).replaceAll("\r\n", "\n");
	const header = HEADER.exec(sql);
	if (!header) throw new Error(`${name} must begin with a line "-- schema: …" that names the schemas it belongs to`);
	return {
		name,
		schemas: header[1]!.split(", "),
		sql,
		checksum: createHash("sha256").update(sql).digest("hex"),
	};
}

/** A file that was passed over in silence would be missed only in production. */
function refuseOtherNames(names: readonly string[]): void {
	const other = names.find((name) => !NAME.test(name));
	if (other) throw new Error(`${other} must be named like 012_what_it_does.sql, or it would never be applied`);
}

function refuseSameNumber(names: readonly string[]): void {
	const byNumber = new Map<string, string>();
	for (const name of names) {
		const number = name.slice(0, 3);
		const other = byNumber.get(number);
		if (other) throw new Error(`Two migrations have the number ${number}: ${other} and ${name}`);
		byNumber.set(number, name);
	}
}
