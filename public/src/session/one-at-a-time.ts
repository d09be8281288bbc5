let last: Promise<unknown> = Promise.resolve();

/**
 * Changes of the session go one after the other, over all tabs: a late answer about the session before must not take
 * the place of the one that has begun meanwhile.
 */
export async function oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
	if ("locks" in navigator) return navigator.locks.request("molecart-session", work);
	// Without a secure context there is no lock for all tabs; there the shop itself lets one of several refreshes win.
	const done = last.then(work, work);
	last = done;
	return done;
}
