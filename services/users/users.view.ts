import type { UserRow } from "./users.model";

/** An account as others may see it: without its secrets. */
export type UserView = Pick<UserRow, "id" | "email" | "name" | "role" | "createdAt"> & { emailVerified: boolean };

export function viewOf({ id, email, name, role, emailVerifiedAt, createdAt }: UserRow): UserView {
	return { id, email, name, role, emailVerified: emailVerifiedAt !== null, createdAt };
}
