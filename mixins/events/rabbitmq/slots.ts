/** A limited number of things in flight; who finds none free waits in line. */
export interface Slots {
	/** Takes a slot if one is free and nobody waits for it. */
	takeNow(): boolean;
	/** Takes a slot. @returns false when none came free in time */
	take(withinMs: number): Promise<boolean>;
	/** Gives one back, to the next in line if there is one. */
	give(): void;
}

interface Waiter {
	grant(): void;
}

export function slots(max: number): Slots {
	let taken = 0;
	const line = new Set<Waiter>();

	function takeNow(): boolean {
		if (taken >= max || line.size > 0) return false;
		taken++;
		return true;
	}

	return {
		takeNow,

		async take(withinMs) {
			if (takeNow()) return true;
			return new Promise<boolean>((resolve) => {
				const waiter: Waiter = {
					grant() {
						clearTimeout(timer);
						line.delete(waiter);
						resolve(true);
					},
				};
				const timer = setTimeout(() => {
					line.delete(waiter);
					resolve(false);
				}, withinMs);
				line.add(waiter);
			});
		},

		give() {
			const [next] = line;
			if (next) next.grant();
			else taken--;
		},
	};
}
