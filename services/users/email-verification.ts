import type { Context } from "moleculer";
import { callerOf, type CallerMeta } from "../../mixins/access/access";
import { sql } from "../../mixins/database/statement";
import { ownerOfToken } from "./mail/mail-tokens";
import { askForMail } from "./mail/waiting-mail";
import { limitMails, limitTokens } from "./rate-limits";
import { UserNotFoundError } from "./users.errors";
import type { UserRow } from "./users.model";
import type { UsersService } from "./users.service";

const verify = sql(
	"users.verify_email",
	"UPDATE users.users SET email_verified_at = now() WHERE id = $1 AND email_verified_at IS NULL",
);

/** Once more, to the address of the account; a confirmed one gets none. */
export async function requestEmailVerification(
	this: UsersService,
	ctx: Context<unknown, CallerMeta>,
): Promise<boolean> {
	const { id } = callerOf(ctx as Context<never, CallerMeta>);
	const found = (await this.adapter.findById(id)) as UserRow | null;
	if (!found) throw new UserNotFoundError(id);
	const visitor = { address: ctx.meta.address, account: found.emailKey };
	const maySend = await limitMails(this.db, this.rateLimitFactor, visitor);
	if (maySend) await askForMail(this.db, "VERIFY_EMAIL", found.emailKey);
	this.poster.wake();
	return true;
}

/**
 * Nobody has to be signed in: mail is often read on another device. The link stays good for its week, as whoever opens it
 * again, or sends it again after a lost answer, is told what is so: the address is confirmed.
 */
export async function verifyEmail(this: UsersService, ctx: Context<{ token: string }, CallerMeta>): Promise<boolean> {
	const succeeded = await limitTokens(this.db, this.rateLimitFactor, ctx.meta.address);
	const userId = await ownerOfToken(this.db, "VERIFY_EMAIL", ctx.params.token);
	await this.db.change(verify, [userId], { about: [userId] });
	await succeeded();
	return true;
}
