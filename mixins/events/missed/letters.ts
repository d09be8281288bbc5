import type { Database } from "../../database/database";
import { alone } from "../dead-letters/lock";
import type { EventTransport } from "../transport";

/** What is among the dead letters of a queue. */
export interface LettersThere {
	ids: Set<string>;
	/** False where there were more than one look shows: then an id that is not among them may be there all the same. */
	areAll: boolean;
}

/** Counts a queue's dead letters, and looks at them only where there are some to look for. */
export function lettersIn(db: Database, transport: EventTransport) {
	// What an operator holds in hand would seem to be gone.
	return {
		count: (queue: string): Promise<number> => alone(db, queue, () => transport.countDeadLetters(queue)),

		there: (queue: string): Promise<LettersThere> =>
			alone(db, queue, async () => {
				const ids = new Set<string>();
				if ((await transport.countDeadLetters(queue)) === 0) return { ids, areAll: true };
				const { seen, total } = await transport.visitDeadLetters(queue, {
					async decide(letters) {
						for (const { id } of letters) ids.add(id);
						return letters.map(() => "keep");
					},
					carriedOut: () => true,
				});
				return { ids, areAll: seen >= total };
			}),
	};
}
