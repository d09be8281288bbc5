import { randomUUID } from "node:crypto";
import type { Context } from "moleculer";
import type { CallerMeta } from "../../mixins/access/access";
import type { Transaction } from "../../mixins/database/database";
import { violatedConstraint } from "../../mixins/database/faults";
import { idempotencyKeysOf, IdempotencyKeyReusedError } from "../../mixins/idempotency/idempotency";
import { findByEmail, keyOf } from "./find-account";
import { askForMail } from "./mail/waiting-mail";
import { limitRegistrations } from "./rate-limits";
import { hashPassword, passwordMatches, refuseWeakPassword } from "./passwords";
import { joinGuestCart, signedIn, type AuthPayload } from "./signing-in";
import { EmailTakenError } from "./users.errors";
import { UserRegistered } from "./users.events";
import type { UserRow } from "./users.model";
import type { UsersService } from "./users.service";
import type { UserView } from "./users.view";

/** What it takes to make an account. */
export interface NewAccount {
	email: string;
	password: string;
	name: string;
	role: UserRow["role"];
}

const idempotencyKeys = idempotencyKeysOf("users");

type RegisterParams = Omit<NewAccount, "role"> & { cartId?: string; idempotencyKey?: string };

export async function register(this: UsersService, ctx: Context<RegisterParams, CallerMeta>): Promise<AuthPayload> {
	const { email, password, name, cartId, idempotencyKey } = ctx.params;
	refuseWeakPassword(password);
	await limitRegistrations(this.db, this.rateLimitFactor, ctx.meta.address);
	const passwordHash = await hashPassword(password, this.bcryptCost);
	const account = { email, password, name, role: "CUSTOMER" } as const;
	const create = (tx: Transaction) => insertAccount(this, tx, account, passwordHash, ctx.requestID ?? ctx.id);

	const { answer: user, repeated } = await this.db.transaction(async (tx) => {
		if (!idempotencyKey) return { answer: await create(tx), repeated: false };
		const request = { scope: `register/${ctx.meta.address}`, key: idempotencyKey, request: { email, name } };
		return idempotencyKeys.once(tx, request, () => create(tx));
	});
	if (repeated) await refuseOtherPassword(this, user, password, idempotencyKey!);
	await joinGuestCart(this, ctx, user.id, cartId);
	return signedIn(this, ctx, user);
}

/** The password is part of the request, but no quick hash of it is kept: the account's own decides. */
async function refuseOtherPassword(
	service: UsersService,
	user: UserView,
	password: string,
	key: string,
): Promise<void> {
	const found = await findByEmail(service, user.email);
	if (!(await passwordMatches(password, found?.passwordHash, service.bcryptCost)))
		throw new IdempotencyKeyReusedError(key);
}

/** @throws {EmailTakenError} */
export async function insertAccount(
	service: UsersService,
	tx: Transaction,
	{ email, name, role }: NewAccount,
	passwordHash: string,
	requestId: string,
): Promise<UserView> {
	const id = randomUUID();
	const emailKey = keyOf(email);
	// An administrator's address is the word of whoever runs the shop.
	const emailVerifiedAt = role === "ADMIN" ? new Date() : null;
	const { model } = service as unknown as { model: { create(values: object, options: object): Promise<unknown> } };
	try {
		await model.create(
			{ id, email, emailKey, name, passwordHash, role, emailVerifiedAt },
			{ transaction: tx.forModels },
		);
	} catch (error) {
		if (violatedConstraint(error) === "users_email_taken") throw new EmailTakenError();
		throw error;
	}
	await service.publish(tx, UserRegistered({ userId: id, email }), {
		correlationId: requestId,
		causationId: requestId,
	});
	if (!emailVerifiedAt) {
		await askForMail(tx, "VERIFY_EMAIL", emailKey);
		tx.afterCommit(() => service.poster.wake());
	}
	return { id, email, name, role, emailVerified: emailVerifiedAt !== null, createdAt: new Date() };
}
