import type { Context, Service, ServiceSchema } from "moleculer";
import type { DbAdapter } from "moleculer-db";
import { callerOf, type CallerMeta } from "../../mixins/access/access";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { defineService } from "../../mixins/define";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import type { Resources } from "../resources";
import { READ_TIMEOUT_MS } from "../timeouts";
import { ensureAdmin, type AdminAccount } from "./admin";
import { login, logout, refreshSession, register, changePassword } from "./accounts";
import { forgetOldAttempts } from "./rate-limits";
import { UserNotFoundError } from "./users.errors";
import { usersGraphQL } from "./users.graphql";
import { user, type UserRow } from "./users.model";
import { viewOf, type UserView } from "./users.view";

/** What the handlers of this service find in `this`. */
export type UsersService = Service &
	WithDatabase &
	WithOutbox & {
		adapter: DbAdapter;
		bcryptCost: number;
		jwtSecret: string;
		rateLimitFactor: number;
		cleaner: NodeJS.Timeout;
	};

/** A hash takes a core for a quarter of a second: two at a time for each leave the rest of the node at work. */
const HASHING = { enabled: true, concurrency: 2, maxQueueSize: 500 };
/** A crowd that arrives at once is let in one by one. */
const HASHING_TIMEOUT_MS = 30_000;

const CLEANING_MS = 60 * 60 * 1_000;

const email = { type: "email", max: 254, normalize: false };
const password = { type: "string", min: 1, max: 1_000 };
const cartId = { type: "uuid", optional: true };

/** Who has an account, and who is signed in. */
export default function users({ settings, jwtSecret, transport, topology, databaseUrl }: Resources): ServiceSchema {
	return defineService<UsersService>({
		name: "users",
		mixins: [Database({ url: databaseUrl("users"), model: user }), Outbox({ schema: "users", transport, topology })],
		settings: { graphql: usersGraphQL },
		actions: {
			register: {
				access: "anyone",
				graphql: { mutation: "registerUser(input: RegisterUserInput!): AuthPayload!" },
				params: {
					$$strict: true,
					email,
					password,
					name: { type: "string", trim: true, min: 1, max: 200 },
					cartId,
					idempotencyKey: { type: "string", min: 1, max: 200, optional: true },
				},
				bulkhead: HASHING,
				timeout: HASHING_TIMEOUT_MS,
				handler: register,
			},
			login: {
				access: "anyone",
				graphql: { mutation: "loginUser(input: LoginUserInput!): AuthPayload!" },
				params: { $$strict: true, email, password, cartId },
				bulkhead: HASHING,
				timeout: HASHING_TIMEOUT_MS,
				handler: login,
			},
			refreshSession: {
				access: "anyone",
				graphql: { mutation: "refreshSession(refreshToken: String!): AuthPayload!" },
				params: { $$strict: true, refreshToken: { type: "string", min: 1, max: 200 } },
				handler: refreshSession,
			},
			logout: {
				access: "anyone",
				graphql: { mutation: "logoutUser(refreshToken: String!): Boolean!" },
				params: { $$strict: true, refreshToken: { type: "string", min: 1, max: 200 } },
				handler: logout,
			},
			changePassword: {
				access: "user",
				graphql: { mutation: "changePassword(input: ChangePasswordInput!): Boolean!" },
				params: { $$strict: true, currentPassword: password, newPassword: password },
				handler: changePassword,
			},
			get: {
				timeout: READ_TIMEOUT_MS,
				access: "user",
				graphql: { query: "user(id: ID!): User" },
				params: { $$strict: true, id: "uuid" },
				handler: getUser,
			},
			me: {
				timeout: READ_TIMEOUT_MS,
				access: "anyone",
				graphql: { query: "me: User" },
				handler: me,
			},
			ensureAdmin: {
				params: { $$strict: true, email, password },
				handler: function (this: UsersService, ctx: Context<AdminAccount>) {
					return ensureAdmin(this, ctx.params);
				},
			},
		},
		created() {
			this.bcryptCost = settings.bcryptCost;
			this.jwtSecret = jwtSecret;
			this.rateLimitFactor = settings.rateLimitFactor;
		},
		started() {
			this.cleaner = setInterval(() => {
				forgetOldAttempts(this.db).catch((error: Error) =>
					this.logger.warn("Old attempts were not forgotten:", error.message),
				);
			}, CLEANING_MS);
		},
		stopped() {
			clearInterval(this.cleaner);
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

async function findUser(service: UsersService, id: string): Promise<UserView | undefined> {
	const found = (await service.adapter.findById(id)) as UserRow | null;
	return found ? viewOf(found) : undefined;
}
