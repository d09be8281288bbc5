import { randomUUID } from "node:crypto";
import type { Context } from "moleculer";
import { callerOf, type CallerMeta } from "../../mixins/access/access";
import { ACCESS_TOKEN_TTL_S, signAccessToken } from "../../mixins/access/token";
import type { Transaction } from "../../mixins/database/database";
import { violatedConstraint } from "../../mixins/database/faults";
import { idempotencyKeysOf, IdempotencyKeyReusedError } from "../../mixins/idempotency/idempotency";
import { limitLogins, limitRegistrations } from "./rate-limits";
import { hashPassword, passwordMatches, refuseWeakPassword } from "./passwords";
import { closeAllSessions, closeSession, openSession, rotate } from "./sessions";
import { EmailTakenError, InvalidCredentialsError, InvalidRefreshTokenError } from "./users.errors";
import { UserRegistered } from "./users.events";
import type { UserRow } from "./users.model";
import type { UsersService } from "./users.service";
import { viewOf, type UserView } from "./users.view";

/** What GraphQL calls AuthPayload. */
export interface AuthPayload {
	accessToken: string;
	refreshToken: string;
	/** Seconds. */
	expiresIn: number;
	user: UserView;
}

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

	const user = await this.db.transaction(async (tx) => {
		if (!idempotencyKey) return create(tx);
		const request = { scope: `register/${ctx.meta.address}`, key: idempotencyKey, request: { email, name } };
		const { answer, repeated } = await idempotencyKeys.once(tx, request, () => create(tx));
		if (repeated) await refuseOtherPassword(this, answer, password, idempotencyKey);
		return answer;
	});
	await joinGuestCart(this, ctx, user.id, cartId);
	return authPayload(this, user);
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
	const { model } = service as unknown as { model: { create(values: object, options: object): Promise<unknown> } };
	try {
		await model.create({ id, email, emailKey: keyOf(email), name, passwordHash, role }, { transaction: tx.forModels });
	} catch (error) {
		if (violatedConstraint(error) === "users_email_taken") throw new EmailTakenError();
		throw error;
	}
	await service.publish(tx, UserRegistered({ userId: id, email }), {
		correlationId: requestId,
		causationId: requestId,
	});
	return { id, email, name, role, createdAt: new Date() };
}

type LoginParams = { email: string; password: string; cartId?: string };

export async function login(this: UsersService, ctx: Context<LoginParams, CallerMeta>): Promise<AuthPayload> {
	const { email, password, cartId } = ctx.params;
	const visitor = { address: ctx.meta.address, account: keyOf(email) };
	const succeeded = await limitLogins(this.db, this.rateLimitFactor, visitor);
	const found = await findByEmail(this, email);
	if (!(await passwordMatches(password, found?.passwordHash, this.bcryptCost)) || !found)
		throw new InvalidCredentialsError();
	await succeeded();
	await joinGuestCart(this, ctx, found.id, cartId);
	return authPayload(this, viewOf(found));
}

export async function refreshSession(this: UsersService, ctx: Context<{ refreshToken: string }>): Promise<AuthPayload> {
	const rotated = await rotate(this.db, ctx.params.refreshToken);
	const user = rotated && ((await this.adapter.findById(rotated.userId)) as UserRow | null);
	if (!rotated || !user) throw new InvalidRefreshTokenError();
	return authPayload(this, viewOf(user), rotated.refreshToken);
}

/** Says true also for a token that is not known: it is certainly not valid any more. */
export async function logout(this: UsersService, ctx: Context<{ refreshToken: string }>): Promise<boolean> {
	await closeSession(this.db, ctx.params.refreshToken);
	return true;
}

type ChangeParams = { currentPassword: string; newPassword: string };

export async function changePassword(this: UsersService, ctx: Context<ChangeParams, CallerMeta>): Promise<boolean> {
	const caller = callerOf(ctx as Context<never, CallerMeta>);
	const { currentPassword, newPassword } = ctx.params;
	refuseWeakPassword(newPassword, "newPassword");
	const found = (await this.adapter.findById(caller.id)) as UserRow | null;
	const isRight = await passwordMatches(currentPassword, found?.passwordHash, this.bcryptCost);
	if (!isRight) throw new InvalidCredentialsError();
	const passwordHash = await hashPassword(newPassword, this.bcryptCost);
	await this.db.transaction(async (tx) => {
		const { model } = this as unknown as { model: { update(values: object, options: object): Promise<unknown> } };
		await model.update({ passwordHash }, { where: { id: caller.id }, transaction: tx.forModels });
		await closeAllSessions(tx, caller.id);
	});
	return true;
}

export async function findByEmail(service: UsersService, email: string): Promise<UserRow | undefined> {
	return ((await service.adapter.findOne({ where: { emailKey: keyOf(email) } })) as UserRow | null) ?? undefined;
}

/** One account for an address, however its letters are written. */
function keyOf(email: string): string {
	return email.normalize("NFC").toLowerCase();
}

async function authPayload(service: UsersService, user: UserView, refreshToken?: string): Promise<AuthPayload> {
	return {
		accessToken: signAccessToken(user, service.jwtSecret),
		refreshToken: refreshToken ?? (await openSession(service.db, user.id)),
		expiresIn: ACCESS_TOKEN_TTL_S,
		user,
	};
}

/** Signing in must not fail because the cart service is away; the guest's cart stays where it is. */
async function joinGuestCart(
	service: UsersService,
	ctx: Context<unknown, CallerMeta>,
	userId: string,
	cartId: string | undefined,
): Promise<void> {
	if (!cartId) return;
	try {
		await ctx.call("cart.joinGuest", { cartId, userId });
	} catch (error) {
		service.logger.warn(
			`The guest's cart of user ${userId} could not be joined to their own:`,
			(error as Error).message,
		);
	}
}
