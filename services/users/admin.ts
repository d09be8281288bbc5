import { isEmailAddress } from "../../mixins/params/emails";
import { insertAccount } from "./accounts";
import { findByEmail } from "./find-account";
import { hashPassword, passwordMatches } from "./passwords";
import { EmailTakenError, NoAdminAddressError } from "./users.errors";
import type { UserRow } from "./users.model";
import type { UsersService } from "./users.service";

export interface AdminAccount {
	email: string;
	password: string;
}

/**
 * Makes the administrator's account where no account has that address; an existing one is left as it is, and where that
 * is not what whoever started the shop expects, they are told. A customer is not made an administrator: anybody may have
 * registered with that address before.
 * Nodes that start together may all try: the unique address lets one of them win.
 * @returns whether it was made now
 * @throws {NoAdminAddressError}
 */
export async function ensureAdmin(service: UsersService, { email, password }: AdminAccount): Promise<boolean> {
	const found = await findByEmail(service, email);
	if (found) {
		await compare(service, found, password);
		return false;
	}
	if (!isEmailAddress(email)) throw new NoAdminAddressError(email);
	const passwordHash = await hashPassword(password, service.bcryptCost);
	try {
		await service.db.transaction((tx) =>
			insertAccount(service, tx, { email, password, name: "Administrator", role: "ADMIN" }, passwordHash, "start"),
		);
		return true;
	} catch (error) {
		if (error instanceof EmailTakenError) return false;
		throw error;
	}
}

async function compare(service: UsersService, { id, role, passwordHash }: UserRow, password: string): Promise<void> {
	if (role !== "ADMIN") {
		service.logger.error(
			`ADMIN_EMAIL is the address of a customer's account, ${id}, so nobody was made an administrator: anybody may ` +
				"have registered with it. Take another address. Where the account is yours, make it an administrator's by hand: " +
				`UPDATE users.users SET role = 'ADMIN' WHERE id = '${id}'`,
		);
		return;
	}
	if (await passwordMatches(password, passwordHash, service.bcryptCost)) return;
	service.logger.warn(
		`ADMIN_PASSWORD is not the password of the account with that address, ${id}, which is an administrator's already: ` +
			"it keeps the one it has",
	);
}
