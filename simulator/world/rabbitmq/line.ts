import type { Queue } from "./queue";
import type { Entry } from "./store";

/** Who consumes a queue. */
export interface Consumer {
	readonly tag: string;
	/** Whether it may have another message now. */
	hasCredit(): boolean;
	deliver(entry: Entry): void;
	/** The queue was deleted. */
	cancelled(): void;
	/** The queue was deleted, and made anew before anybody was told: there it goes on, and its client hears nothing. */
	adopted(by: Queue): void;
}

/** A message in somebody's hands. */
export interface Held {
	readonly entry: Entry;
	/** Undefined where it was asked for (basic.get). */
	readonly consumer: Consumer | undefined;
	/** Stands for the one who has asked. */
	readonly by: object;
}

/** The consumers of a queue, in turn. */
export interface Line {
	add(consumer: Consumer): void;
	/** @returns whether it was there */
	remove(consumer: Consumer): boolean;
	/** The next one that may have a message. */
	next(): Consumer | undefined;
	/** It goes to the end of the line. */
	served(consumer: Consumer): void;
	size(): number;
	all(): readonly Consumer[];
}

/** @param isSingle only the first has messages, for as long as it is there */
export function line(isSingle: boolean): Line {
	const consumers: Consumer[] = [];
	return {
		add: (consumer) => void consumers.push(consumer),
		remove(consumer) {
			const at = consumers.indexOf(consumer);
			if (at >= 0) consumers.splice(at, 1);
			return at >= 0;
		},
		next() {
			if (isSingle) return consumers[0]?.hasCredit() ? consumers[0] : undefined;
			return consumers.find((consumer) => consumer.hasCredit());
		},
		served(consumer) {
			if (isSingle || consumers.length === 1) return;
			consumers.push(...consumers.splice(consumers.indexOf(consumer), 1));
		},
		size: () => consumers.length,
		all: () => [...consumers],
	};
}
