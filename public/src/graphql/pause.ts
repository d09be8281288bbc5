const PAUSE_MS_MIN = 400;
const PAUSE_MS_MAX = 5_000;

/** Before the next try: longer each time, and not everybody's the same, as all of them lose the shop at once. */
export function pause(retries: number): Promise<void> {
	const pauseMs = Math.min(PAUSE_MS_MIN * 2 ** retries, PAUSE_MS_MAX) * (0.75 + Math.random() / 2);
	return new Promise((resolve) => setTimeout(resolve, pauseMs));
}
