import { inOneForm } from "../../inbox/id";
import { goThrough } from "./going-through";
import { absentOnes, fatesOf, type Letters } from "./replay";
import { reportOf, type Report } from "./report";

export interface DiscardOptions {
	ids: readonly string[];
	reason: string;
	/** Who is at the console. */
	by: string;
}

/** Gives letters up for good. What they were, who did it, when and why is kept. */
export async function discard<This>(letters: Letters<This>, { ids, ...why }: DiscardOptions): Promise<Report> {
	const wanted = new Set(ids.map(inOneForm));
	const { lines, visited } = await goThrough(letters.transport, letters.queue, async (some) => {
		const meant = some.filter(({ id }) => wanted.has(id));
		await letters.discards.keep(letters.db, meant, why);
		await letters.failures.note(letters.queue, fatesOf(meant, undefined));
		return some.map(({ id, eventType = null }) =>
			wanted.has(id) ? { decision: "remove", line: { id, eventType, outcome: "DISCARDED" } } : undefined,
		);
	});
	return reportOf(letters.queue, [...lines, ...(await absentOnes(letters, ids, lines, visited))], visited);
}
