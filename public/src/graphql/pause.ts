const PAUSE_MS_MIN = 400;

/** A page waits for two or three things: ten thousand that are looked at are a thousand or two requests in a second. */
const PAUSE_MS_MAX = 30_000;

/** Somebody waits for this one, and gives up after two minutes. */
const URGENT_PAUSE_MS_MAX = 5_000;

/** How those end that are under way. */
const ends = new Set<() => void>();

/**
 * Before the next try: longer each time, and not everybody's the same, as all of them lose the shop at once. A network
 * that comes back ends it, and so does whoever looks at the page again; while nobody looks it does not end.
 */
export function pause(retries: number, pauseMsMin = 0): Promise<void> {
	const pauseMs = Math.max(growing(retries, PAUSE_MS_MAX), pauseMsMin);
	return untilOver(pauseMs, () => !document.hidden);
}

/** Before the next try of what was ordered: it goes on though one reads something else meanwhile. */
export function urgentPause(retries: number): Promise<void> {
	return untilOver(growing(retries, URGENT_PAUSE_MS_MAX), () => true);
}

/** The shop has answered again: what else of this page waits for it need not wait any longer. */
export function endPauses(): void {
	for (const end of ends) end();
}

function growing(retries: number, pauseMsMax: number): number {
	return Math.min(PAUSE_MS_MIN * 2 ** retries, pauseMsMax) * (0.75 + Math.random() / 2);
}

function untilOver(pauseMs: number, mayEnd: () => boolean): Promise<void> {
	return new Promise((resolve) => {
		const end = (): void => {
			if (!mayEnd()) return;
			clearTimeout(timer);
			removeEventListener("online", end);
			document.removeEventListener("visibilitychange", end);
			ends.delete(end);
			resolve();
		};
		const timer = setTimeout(end, pauseMs);
		addEventListener("online", end);
		document.addEventListener("visibilitychange", end);
		ends.add(end);
	});
}
