import type { Context } from "moleculer";
import type { CallerMeta } from "../../mixins/access/access";
import { keyOf } from "./find-account";
import { ownerOfToken, useToken } from "./mail/mail-tokens";
import { askForMail } from "./mail/waiting-mail";
import { refuseWeakPassword } from "./passwords";
import { limitMails, limitTokens } from "./rate-limits";
import { setPassword, takeCookieAway } from "./signing-in";
import type { UsersService } from "./users.service";

/** The same in the same time whether there is such an account: only who sends the mail looks. */
export async function requestPasswordReset(
	this: UsersService,
	ctx: Context<{ email: string }, CallerMeta>,
): Promise<boolean> {
	const account = keyOf(ctx.params.email);
	const maySend = await limitMails(this.db, this.rateLimitFactor, { address: ctx.meta.address, account });
	if (maySend) await askForMail(this.db, "RESET_PASSWORD", account);
	this.poster.wake();
	return true;
}

type ResetParams = { token: string; newPassword: string };

/** Whoever reads the account's mail may choose its password; every session of the account ends. */
export async function resetPassword(this: UsersService, ctx: Context<ResetParams, CallerMeta>): Promise<boolean> {
	const { token, newPassword } = ctx.params;
	refuseWeakPassword(newPassword, "newPassword");
	const succeeded = await limitTokens(this.db, this.rateLimitFactor, ctx.meta.address);
	const userId = await ownerOfToken(this.db, "RESET_PASSWORD", token);
	await setPassword(this, userId, newPassword, async (tx) => {
		await useToken(tx, "RESET_PASSWORD", token);
	});
	await succeeded();
	takeCookieAway(ctx.meta);
	return true;
}
