/**
 * What a statement that changes rows returns has no order: PostgreSQL takes it from where it finds the rows, which
 * depends on what its process did before. Here it is that of the rows' own text.
 */
export function inOrder(rows: unknown[], text: string): void {
	if (rows.length > 1 && returnsWhatItChanges(text)) rows.sort(byText);
}

function returnsWhatItChanges(text: string): boolean {
	const tail = text.slice(text.lastIndexOf("RETURNING"));
	if (!tail.startsWith("RETURNING") || /\b(SELECT|ORDER BY)\b/.test(tail)) return false;
	return tail.split("(").length === tail.split(")").length;
}

function byText(one: unknown, other: unknown): number {
	const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
	return a < b ? -1 : a > b ? 1 : 0;
}
