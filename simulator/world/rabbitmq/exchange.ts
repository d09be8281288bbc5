import type { Arguments } from "./arguments";

export const EXCHANGE_TYPES = ["direct", "fanout", "topic"] as const;
export type ExchangeType = (typeof EXCHANGE_TYPES)[number];

export interface Exchange {
	readonly name: string;
	readonly type: ExchangeType;
	readonly durable: boolean;
	readonly autoDelete: boolean;
	readonly internal: boolean;
	readonly arguments: Arguments;
	/** In the order in which they were made. */
	readonly bindings: Binding[];
}

export interface Binding {
	readonly queue: string;
	readonly key: string;
	/** A topic's pattern, cut once. */
	readonly words: readonly string[];
}

export function bind({ bindings }: Exchange, queue: string, key: string): void {
	if (bindings.some((binding) => binding.queue === queue && binding.key === key)) return;
	bindings.push({ queue, key, words: key.split(".") });
}

/** @param key every binding of the queue where none is given */
export function unbind({ bindings }: Exchange, queue: string, key?: string): void {
	for (let at = bindings.length - 1; at >= 0; at--) {
		const binding = bindings[at]!;
		if (binding.queue === queue && (key === undefined || binding.key === key)) bindings.splice(at, 1);
	}
}

/** The names of the queues, each once. */
export function boundTo({ type, bindings }: Exchange, routingKey: string): string[] {
	const words = type === "topic" ? routingKey.split(".") : [];
	const queues = new Set<string>();
	for (const binding of bindings) {
		if (type === "direct" && binding.key !== routingKey) continue;
		if (type === "topic" && !matches(binding.words, words)) continue;
		queues.add(binding.queue);
	}
	return [...queues];
}

/** `*` is one word, `#` any number of them. */
function matches(pattern: readonly string[], words: readonly string[], at = 0, from = 0): boolean {
	for (; at < pattern.length; at++, from++) {
		if (pattern[at] === "#") {
			for (let rest = from; rest <= words.length; rest++) if (matches(pattern, words, at + 1, rest)) return true;
			return false;
		}
		if (from >= words.length || (pattern[at] !== "*" && pattern[at] !== words[from])) return false;
	}
	return from === words.length;
}
