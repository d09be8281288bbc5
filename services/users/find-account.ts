import type { UserRow } from "./users.model";
import type { UsersService } from "./users.service";

export async function findByEmail(service: UsersService, email: string): Promise<UserRow | undefined> {
	return ((await service.adapter.findOne({ where: { emailKey: keyOf(email) } })) as UserRow | null) ?? undefined;
}

/** One account for an address, however its letters are written. */
export function keyOf(email: string): string {
	return email.normalize("NFC").toLowerCase();
}
