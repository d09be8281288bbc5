const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isUuid(id: string): boolean {
	return UUID.test(id);
}

/**
 * An id in the one form in which it is compared: a UUID as PostgreSQL writes it, whatever case a stranger has chosen;
 * anything else as it came.
 */
export function inOneForm(id: string): string {
	return isUuid(id) ? id.toLowerCase() : id;
}
