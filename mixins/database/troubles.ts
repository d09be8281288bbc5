import { isForEverybody, isServerUnable } from "./faults";

/** As long as somebody tries, it is said again. */
const LATELY_MS = 5_000;

/** Some of them one statement can have for itself, so only a second one within the time is the server's. */
interface Trouble {
	atMs: number;
	message: string;
}

/** What a server can't do for anybody. A full disk shows to who needs room on it, and to nobody who only asks how things are. */
export interface Troubles {
	/** Takes note of an error that is the server's own. */
	note(error: unknown): void;
	/** What it said, if that is not long ago. */
	lately(): string | undefined;
}

export function rememberTroubles(): Troubles {
	let seen: Trouble | undefined;
	let told: Trouble | undefined;
	const isRecent = (trouble: Trouble | undefined): trouble is Trouble =>
		trouble !== undefined && performance.now() - trouble.atMs < LATELY_MS;
	return {
		note(error) {
			if (!isServerUnable(error)) return;
			const before = seen;
			seen = { atMs: performance.now(), message: (error as Error).message };
			if (isForEverybody(error) || isRecent(before)) told = seen;
		},
		lately: () => (isRecent(told) ? told.message : undefined),
	};
}
