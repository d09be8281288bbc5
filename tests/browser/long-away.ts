import type { Page } from "playwright-core";

/** A shop that is away for as long as a test needs, in no time. */
export interface LongAway {
	isAway(away: boolean): Promise<void>;
	/** How often it was asked in vain, until now. */
	asked(): Promise<number>;
	passes(minutes: number): Promise<void>;
	/** Whether somebody looks at the page. */
	isSeen(seen: boolean): Promise<void>;
}

const SCRIPT = `
	const send = fetch;
	Object.assign(window, { asked: 0, isAway: false, isSeen: true });
	window.fetch = (...request) => {
		if (!window.isAway) return send(...request);
		window.asked++;
		return Promise.reject(new TypeError("away"));
	};
	Object.defineProperty(document, "hidden", { get: () => !window.isSeen });
`;

/** To be called before the page is opened: its clock and its network are the test's. */
export async function longAway(page: Page): Promise<LongAway> {
	await page.addInitScript(SCRIPT);
	await page.clock.install();
	return {
		isAway: (away) => page.evaluate(`window.isAway = ${away}`),
		asked: () => page.evaluate<number>("window.asked"),
		passes: (minutes) => page.clock.runFor(minutes * 60_000),
		isSeen: (seen) =>
			page.evaluate(`window.isSeen = ${seen}; document.dispatchEvent(new Event("visibilitychange")); undefined`),
	};
}
