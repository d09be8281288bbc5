import { randomUUID } from "node:crypto";
import type { Context } from "moleculer";
import { callerOf, type CallerMeta } from "../../mixins/access/access";
import type { Transaction } from "../../mixins/database/database";
import { violatedConstraint } from "../../mixins/database/faults";
import { sql } from "../../mixins/database/statement";
import { idempotencyKeysOf } from "../../mixins/idempotency/idempotency";
import type { Address } from "../address";
import { AddressBookFullError, AddressKnownError, AddressNotFoundError } from "./users.errors";
import type { UsersService } from "./users.service";

/** More than these nobody looks through. */
const ADDRESSES_MAX = 20;

/** What GraphQL calls SavedAddress. */
export interface SavedAddress {
	id: string;
	address: Address;
	usedAt: Date;
}

type Row = Required<Address> & { id: string; usedAt: Date };

const COLUMNS = `id, name, line1, nullif(line2, '') AS line2, city, postal_code AS "postalCode", country, used_at AS "usedAt"`;

const list = sql(
	"users.addresses.list",
	`SELECT ${COLUMNS} FROM users.addresses WHERE user_id = $1 ORDER BY used_at DESC, id`,
);
// What changes a book goes one after the other: two at once would exceed its limit, or make doubles of each other.
const lockUser = sql("users.addresses.lock_user", "SELECT FROM users.users WHERE id = $1 FOR NO KEY UPDATE");
const save = sql(
	"users.addresses.save",
	`WITH known AS (
		UPDATE users.addresses SET used_at = clock_timestamp()
		WHERE user_id = $2 AND (name, line1, line2, city, postal_code, country) = ($3, $4, $5, $6, $7, $8) RETURNING *
	), added AS (
		INSERT INTO users.addresses (id, user_id, name, line1, line2, city, postal_code, country)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8
		WHERE NOT EXISTS (SELECT FROM known)
			AND (SELECT count(*) FROM users.addresses WHERE user_id = $2) < ${ADDRESSES_MAX}
		RETURNING *
	)
	SELECT ${COLUMNS} FROM (SELECT * FROM known UNION ALL SELECT * FROM added) AS saved`,
);
const byId = sql("users.addresses.by_id", `SELECT ${COLUMNS} FROM users.addresses WHERE id = $1 AND user_id = $2`);
const update = sql(
	"users.addresses.update",
	`UPDATE users.addresses SET name = $3, line1 = $4, line2 = $5, city = $6, postal_code = $7, country = $8
	WHERE id = $1 AND user_id = $2 RETURNING ${COLUMNS}`,
);
const remove = sql("users.addresses.remove", "DELETE FROM users.addresses WHERE id = $1 AND user_id = $2 RETURNING id");

const idempotencyKeys = idempotencyKeysOf("users");

type Ctx<Params> = Context<Params, CallerMeta>;

const callerId = (ctx: Ctx<unknown>): string => callerOf(ctx as Context<never, CallerMeta>).id;

/** The one used last first. */
export async function listAddresses(
	this: UsersService,
	ctx: Ctx<unknown>,
): Promise<{ items: SavedAddress[]; totalItems: number }> {
	const items = (await this.db.query<Row>(list, [callerId(ctx)])).map(viewOf);
	return { items, totalItems: items.length };
}

/**
 * Adds an address, or moves one that is there already to the beginning: saving twice is saving once. The same key
 * answers with the address as it is by then.
 * @throws {AddressBookFullError} {@link AddressNotFoundError} where what a key has saved is no longer there
 */
export async function saveAddress(
	this: UsersService,
	ctx: Ctx<Address & { idempotencyKey?: string }>,
): Promise<SavedAddress> {
	const { idempotencyKey: key, ...address } = ctx.params;
	const userId = callerId(ctx);
	return this.db.transaction(async (tx) => {
		if (!key) return addAddress(tx, userId, address);
		// Only the id is kept with the key: an address that is removed leaves no copy behind.
		const request = { scope: `saveAddress/${userId}`, key, request: address };
		const { answer } = await idempotencyKeys.once(tx, request, async () => ({
			id: (await addAddress(tx, userId, address)).id,
		}));
		const [saved] = await tx.query<Row>(byId, [answer.id, userId]);
		if (!saved) throw new AddressNotFoundError(answer.id);
		return viewOf(saved);
	});
}

async function addAddress(tx: Transaction, userId: string, address: Address): Promise<SavedAddress> {
	await tx.query(lockUser, [userId]);
	const [saved] = await tx.query<Row>(save, [randomUUID(), userId, ...valuesOf(address)]);
	if (!saved) throw new AddressBookFullError(ADDRESSES_MAX);
	return viewOf(saved);
}

/** @throws {AddressNotFoundError} also for somebody else's; {@link AddressKnownError} where it becomes another's double */
export async function updateAddress(this: UsersService, ctx: Ctx<Address & { id: string }>): Promise<SavedAddress> {
	const { id } = ctx.params;
	try {
		const userId = callerId(ctx);
		const [updated] = await this.db.transaction(async (tx) => {
			await tx.query(lockUser, [userId]);
			return tx.query<Row>(update, [id, userId, ...valuesOf(ctx.params)]);
		});
		if (!updated) throw new AddressNotFoundError(id);
		return viewOf(updated);
	} catch (error) {
		if (violatedConstraint(error) === "addresses_known") throw new AddressKnownError();
		throw error;
	}
}

/** @throws {AddressNotFoundError} also for somebody else's */
export async function removeAddress(this: UsersService, ctx: Ctx<{ id: string }>): Promise<boolean> {
	const [removed] = await this.db.change(remove, [ctx.params.id, callerId(ctx)]);
	if (!removed) throw new AddressNotFoundError(ctx.params.id);
	return true;
}

function valuesOf({ name, line1, line2, city, postalCode, country }: Address): string[] {
	return [name, line1, line2 ?? "", city, postalCode, country];
}

function viewOf({ id, usedAt, ...address }: Row): SavedAddress {
	return { id, usedAt, address };
}
