import { isServerUnable } from "./faults";

/** As long as somebody tries, it is said again. */
const LATELY_MS = 5_000;

/** What a server can't do for anybody. A full disk shows to who needs room on it, and to nobody who only asks how things are. */
export interface Troubles {
	/** Takes note of an error that is the server's own. */
	note(error: unknown): void;
	/** What it said, if that is not long ago. */
	lately(): string | undefined;
}

export function rememberTroubles(): Troubles {
	let last: { atMs: number; message: string } | undefined;
	return {
		note(error) {
			if (isServerUnable(error)) last = { atMs: performance.now(), message: (error as Error).message };
		},
		lately: () => (last && performance.now() - last.atMs < LATELY_MS ? last.message : undefined),
	};
}
