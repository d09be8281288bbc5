const PAUSE_MS_MIN = 400;
const PAUSE_MS_MAX = 5_000;

/**
 * Before the next try: longer each time, and not everybody's the same, as all of them lose the shop at once. A network
 * that comes back ends it.
 */
export function pause(retries: number, pauseMsMin = 0): Promise<void> {
	const pauseMs = Math.min(PAUSE_MS_MIN * 2 ** retries, PAUSE_MS_MAX) * (0.75 + Math.random() / 2);
	return new Promise((resolve) => {
		const end = (): void => {
			clearTimeout(timer);
			removeEventListener("online", end);
			resolve();
		};
		const timer = setTimeout(end, Math.max(pauseMs, pauseMsMin));
		addEventListener("online", end);
	});
}
