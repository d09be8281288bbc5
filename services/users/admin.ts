import { insertAccount } from "./accounts";
import { findByEmail } from "./find-account";
import { hashPassword } from "./passwords";
import { EmailTakenError } from "./users.errors";
import type { UsersService } from "./users.service";

export interface AdminAccount {
	email: string;
	password: string;
}

/**
 * Makes the administrator's account where no account has that address; an existing one is left as it is.
 * Nodes that start together may all try: the unique address lets one of them win.
 * @returns whether it was made now
 */
export async function ensureAdmin(service: UsersService, { email, password }: AdminAccount): Promise<boolean> {
	if (await findByEmail(service, email)) return false;
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
