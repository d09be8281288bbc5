import { z } from "zod";

/** What is wrong with an event, in one line that begins with the field: `total: expected number, received string`. */
export function problemsOf({ issues }: z.ZodError): string {
	return issues
		.map(({ path, message }) => {
			const problem = message.replace(/^Invalid input: /, "");
			return path.length === 0 ? problem : `${z.core.toDotPath(path)}: ${problem}`;
		})
		.join("; ");
}
