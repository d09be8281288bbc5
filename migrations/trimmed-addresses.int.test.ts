import { randomUUID } from "node:crypto";
import { trimmed } from "../mixins/params/texts";
import { onServer } from "../tests/support/postgres-server";
import { testDatabase } from "../tests/support/servers";
import { readMigrations } from "./files";
import { migrate } from "./migrate";

const NEWS = "036_trim_addresses_of_accounts.sql";

/** Everything that is left out around what people type, but spaces, which no address had. */
const UNSEEN = Array.from({ length: 0x20000 }, (_, point) => String.fromCodePoint(point)).filter(
	(character) => /\S/u.test(character) && trimmed(`${character}a`) === "a",
);

test("an account whose address has something unseen around it is found by the address that is seen", async () => {
	await using database = await testDatabase();
	const all = UNSEEN.map((_, index) => `all-${index}@shop.example`);
	const accounts = {
		...Object.fromEntries(UNSEEN.map((character, index) => [`${character}${all[index]}${character}`, all[index]])),
		"Ada@shop.example\u200b": "Ada@shop.example",
		"eve@shop.example\u200b": "eve@shop.example",
		"eve@shop.example\u200c": "eve@shop.example\u200c",
		"bob@shop.example": "bob@shop.example",
		"bob@shop.example\u200b": "bob@shop.example\u200b",
		"a\u200bb@shop.example": "a\u200bb@shop.example",
	};
	const emails = Object.keys(accounts);
	await onServer(database.url, async (client) => {
		await client.query("DELETE FROM migrations.applied WHERE file = $1", [NEWS]);
		await client.query(
			`INSERT INTO users.users (id, email, email_key, name, password_hash, created_at)
			SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $2::text[], $2::text[], $4::timestamptz[])`,
			[
				emails.map(() => randomUUID()),
				emails,
				emails.map((email) => email.toLowerCase()),
				emails.map((_, index) => new Date(index)),
			],
		);
		const mail = "ada@shop.example\u200b";
		await client.query(
			"INSERT INTO users.mails (id, kind, email_key, expires_at) VALUES (gen_random_uuid(), 'VERIFY_EMAIL', $1, now())",
			[mail],
		);

		await migrate(database.url, ["users"], await readMigrations(__dirname));

		const { rows } = await client.query<{ email: string; email_key: string }>(
			"SELECT email, email_key FROM users.users WHERE role = 'CUSTOMER' ORDER BY created_at",
		);
		const found = Object.values(accounts);
		expect(rows.map((row) => row.email)).toEqual(found);
		expect(rows.map((row) => row.email_key)).toEqual(found.map((email) => email.toLowerCase()));
		const mails = await client.query("SELECT email_key FROM users.mails");
		expect(mails.rows).toEqual([{ email_key: "ada@shop.example" }]);
	});
});
