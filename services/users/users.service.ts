import type { Context, Service, ServiceSchema } from "moleculer";
import type { DbAdapter } from "moleculer-db";
import { callerOf, type CallerMeta } from "../../mixins/access/access";
import { proofOf } from "../../mixins/access/token";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { defineService } from "../../mixins/define";
import { oldDiscards } from "../../mixins/events/dead-letters/old-discards";
import { oldKeys } from "../../mixins/idempotency/old-keys";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { Retention } from "../../mixins/retention/retention.mixin";
import { ADDRESS_PARAMS } from "../address";
import type { Resources } from "../resources";
import { READ_TIMEOUT_MS } from "../timeouts";
import { requestEmailVerification, verifyEmail } from "./email-verification";
import { oldMailTokens } from "./mail/mail-tokens";
import { mailerOf, type Mailer } from "./mail/mailer";
import { startPoster, type Poster } from "./mail/poster";
import { oldMails } from "./mail/waiting-mail";
import { requestPasswordReset, resetPassword } from "./password-reset";
import { ensureAdmin, type AdminAccount } from "./admin";
import { register } from "./accounts";
import { listAddresses, removeAddress, saveAddress, updateAddress } from "./addresses";
import { oldAttempts } from "./rate-limits";
import { oldSessions, sessionsEndedWithin } from "./sessions";
import { changePassword, endSession, login, logout, mySessions, refreshSession } from "./signing-in";
import { UserNotFoundError } from "./users.errors";
import { usersGraphQL, usersOperations } from "./users.graphql";
import { user, type UserRow } from "./users.model";
import { viewOf, type UserView } from "./users.view";

/** What the handlers of this service find in `this`. */
export type UsersService = Service &
	WithDatabase &
	WithOutbox & {
		adapter: DbAdapter;
		bcryptCost: number;
		jwtSecret: string;
		shopId(): string | undefined;
		/** None where mail has nowhere to go. */
		mailer: Mailer | undefined;
		poster: Poster;
		/** What links in mails begin with, or `undefined` as long as nobody can say. */
		publicUrl(): string | undefined;
		rateLimitFactor: number;
	};

/** A crowd that arrives at once is let in one by one. */
const HASHING_TIMEOUT_MS = 30_000;

const email = { type: "emailAddress" };
/** Where an account is looked for, whatever it was opened with. */
const knownEmail = { ...email, known: true };
const password = { type: "string", min: 1, max: 1_000 };
/** A browser has it in a cookie instead. */
const refreshToken = { type: "string", min: 1, max: 200, optional: true };
const mailToken = { type: "string", min: 1, max: 200 };
const cartId = { type: "uuid", optional: true };

/** Who has an account, and who is signed in. */
export default function users(resources: Resources): ServiceSchema {
	const { settings, jwtSecret, shopId, transport, topology, database } = resources;
	return defineService<UsersService>({
		name: "users",
		mixins: [
			Retention([
				...oldKeys("users", ["register", "saveAddress"], settings.idempotencyKeyDays),
				...oldDiscards("users", settings.discardHistoryDays),
				oldAttempts,
				oldMails,
				oldMailTokens,
				oldSessions,
			]),
			Outbox({ schema: "users", transport, topology, historyDays: settings.eventHistoryDays }),
			Database({ ...database("users"), model: user }),
		],
		settings: { graphql: usersGraphQL },
		actions: {
			register: {
				access: "anyone",
				graphql: usersOperations.register,
				params: {
					$$strict: true,
					email,
					password,
					name: { type: "line", min: 1, max: 200 },
					cartId,
					idempotencyKey: { type: "string", min: 1, max: 200, optional: true },
				},
				timeout: HASHING_TIMEOUT_MS,
				handler: register,
			},
			login: {
				access: "anyone",
				graphql: usersOperations.login,
				params: { $$strict: true, email: knownEmail, password, cartId },
				timeout: HASHING_TIMEOUT_MS,
				handler: login,
			},
			refreshSession: {
				access: "anyone",
				graphql: usersOperations.refreshSession,
				params: { $$strict: true, refreshToken },
				handler: refreshSession,
			},
			logout: {
				access: "anyone",
				graphql: usersOperations.logout,
				params: { $$strict: true, refreshToken },
				handler: logout,
			},
			changePassword: {
				access: "user",
				graphql: usersOperations.changePassword,
				params: { $$strict: true, currentPassword: password, newPassword: password },
				timeout: HASHING_TIMEOUT_MS,
				handler: changePassword,
			},
			requestPasswordReset: {
				access: "anyone",
				graphql: usersOperations.requestPasswordReset,
				params: { $$strict: true, email: knownEmail },
				handler: requestPasswordReset,
			},
			resetPassword: {
				access: "anyone",
				graphql: usersOperations.resetPassword,
				params: { $$strict: true, token: mailToken, newPassword: password },
				timeout: HASHING_TIMEOUT_MS,
				handler: resetPassword,
			},
			requestEmailVerification: {
				access: "user",
				graphql: usersOperations.requestEmailVerification,
				params: { $$strict: true },
				handler: requestEmailVerification,
			},
			verifyEmail: {
				access: "anyone",
				graphql: usersOperations.verifyEmail,
				params: { $$strict: true, token: mailToken },
				handler: verifyEmail,
			},
			sessions: {
				timeout: READ_TIMEOUT_MS,
				access: "user",
				graphql: usersOperations.sessions,
				params: { $$strict: true },
				handler: mySessions,
			},
			endSession: {
				access: "user",
				graphql: usersOperations.endSession,
				params: { $$strict: true, id: "uuid" },
				handler: endSession,
			},
			addresses: {
				timeout: READ_TIMEOUT_MS,
				access: "user",
				graphql: usersOperations.addresses,
				params: { $$strict: true },
				handler: listAddresses,
			},
			saveAddress: {
				access: "user",
				graphql: usersOperations.saveAddress,
				params: {
					$$strict: true,
					...ADDRESS_PARAMS,
					idempotencyKey: { type: "string", min: 1, max: 200, optional: true },
				},
				handler: saveAddress,
			},
			updateAddress: {
				access: "user",
				graphql: usersOperations.updateAddress,
				params: { $$strict: true, id: "uuid", ...ADDRESS_PARAMS },
				handler: updateAddress,
			},
			removeAddress: {
				access: "user",
				graphql: usersOperations.removeAddress,
				params: { $$strict: true, id: "uuid" },
				handler: removeAddress,
			},
			endedSessions: {
				timeout: READ_TIMEOUT_MS,
				params: { $$strict: true, withinS: { type: "number", integer: true, min: 1, max: 3_600 } },
				handler(this: UsersService, ctx: Context<{ withinS: number }>) {
					return sessionsEndedWithin(this.db, ctx.params.withinS);
				},
			},
			get: {
				timeout: READ_TIMEOUT_MS,
				access: "user",
				graphql: usersOperations.get,
				params: { $$strict: true, id: "uuid" },
				handler: getUser,
			},
			me: {
				timeout: READ_TIMEOUT_MS,
				access: "anyone",
				graphql: usersOperations.me,
				handler: me,
			},
			resolve: {
				timeout: READ_TIMEOUT_MS,
				access: "admin",
				params: { ids: { type: "array", items: { type: "uuid" }, max: 1_000 } },
				handler: resolveUsers,
			},
			proveSecret: {
				params: { $$strict: true, challenge: "uuid" },
				handler(this: UsersService, ctx: Context<{ challenge: string }>) {
					return proofOf(this.jwtSecret, ctx.params.challenge);
				},
			},
			ensureAdmin: {
				params: { $$strict: true, email: knownEmail, password },
				handler: function (this: UsersService, ctx: Context<AdminAccount>) {
					return ensureAdmin(this, ctx.params);
				},
			},
		},
		created() {
			this.bcryptCost = settings.bcryptCost;
			this.jwtSecret = jwtSecret;
			this.shopId = shopId;
			this.rateLimitFactor = settings.rateLimitFactor;
			this.publicUrl = resources.publicUrl;
			this.mailer = mailerOf(settings, this.logger);
		},
		started() {
			this.poster = startPoster(this);
		},
		async stopped() {
			// Missing where the start has failed.
			await (this.poster as Poster | undefined)?.stop();
		},
	});
}

/** Oneself, or for administrators anybody; someone else's account is as good as none. */
async function getUser(this: UsersService, ctx: Context<{ id: string }, CallerMeta>): Promise<UserView> {
	const caller = callerOf(ctx as Context<never, CallerMeta>);
	const mayRead = caller.id === ctx.params.id || caller.role === "ADMIN";
	const found = mayRead ? await findUser(this, ctx.params.id) : undefined;
	if (!found) throw new UserNotFoundError(ctx.params.id);
	return found;
}

async function me(this: UsersService, ctx: Context<unknown, CallerMeta>): Promise<UserView | null> {
	const { caller } = ctx.meta;
	return caller ? ((await findUser(this, caller.id)) ?? null) : null;
}

/** One entry for each id, in their order; null for one that is not there. */
async function resolveUsers(this: UsersService, ctx: Context<{ ids: string[] }>): Promise<(UserView | null)[]> {
	const rows = (await this.adapter.findByIds(ctx.params.ids)) as UserRow[];
	const found = new Map(rows.map((row) => [row.id, viewOf(row)]));
	return ctx.params.ids.map((id) => found.get(id) ?? null);
}

async function findUser(service: UsersService, id: string): Promise<UserView | undefined> {
	const found = (await service.adapter.findById(id)) as UserRow | null;
	return found ? viewOf(found) : undefined;
}
