import { DatabaseBusyError } from "./errors";

/**
 * The callers' own limit is 5 s: what has stood in line for almost as long is not waited for any more when its turn
 * comes, and would only keep the next one from being in time.
 */
export const IN_LINE_MS_MAX = 4_000;

/** Lets so many in at once; the others stand in line, first come, first served. */
export interface Line {
	/** @returns how to leave, once. @throws {DatabaseBusyError} after {@link IN_LINE_MS_MAX} */
	enter(): Promise<() => void>;
}

export function lineBefore(insideMax: number, inLineMsMax = IN_LINE_MS_MAX): Line {
	const inLine = new Set<() => void>();
	let inside = 0;

	/** Hands the place on, so that nobody who has just come takes it from who has waited. */
	const leave = (): void => {
		const [first] = inLine;
		if (first) first();
		else inside--;
	};

	return {
		async enter() {
			if (inside < insideMax) {
				inside++;
				return leave;
			}
			await new Promise<void>((resolve, reject) => {
				const goIn = (): void => {
					clearTimeout(timer);
					inLine.delete(goIn);
					resolve();
				};
				const timer = setTimeout(() => {
					inLine.delete(goIn);
					reject(new DatabaseBusyError());
				}, inLineMsMax);
				inLine.add(goIn);
			});
			return leave;
		},
	};
}
