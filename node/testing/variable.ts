import type { Settings } from "../settings";

/** One of the environment, and what becomes of what is said in it. */
export interface Variable {
	name: string;
	read: (settings: Settings) => unknown;
	default: unknown;
	good: [text: string, value: unknown][];
	/** With the sentence that it is refused with. */
	bad?: [text: string, sentence: string][];
	/** What else has to be set for it. */
	beside?: Record<string, string>;
}
