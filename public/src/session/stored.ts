/** What this browser keeps between visits. Storage may be off or full: then the shop forgets, and works. */
const PREFIX = "molecart.";

export function readStored<Value>(name: string, storage: () => Storage = () => localStorage): Value | undefined {
	try {
		const text = storage().getItem(PREFIX + name);
		return text === null ? undefined : (JSON.parse(text) as Value);
	} catch {
		// Unreadable is as good as nothing there.
		return undefined;
	}
}

export function store(name: string, value: unknown, storage: () => Storage = () => localStorage): void {
	try {
		if (value === undefined) storage().removeItem(PREFIX + name);
		else storage().setItem(PREFIX + name, JSON.stringify(value));
	} catch {
		// A browser that keeps nothing still shops, until the page is left.
	}
}
