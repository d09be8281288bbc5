import type { Log } from "../../mixins/events/transport";

/** What a member says about its troubles: its parent shows the last of it when something is wrong. */
export const toParent: Log = {
	info: () => undefined,
	warn: (...words) => console.error(...words),
	error: (...words) => console.error(...words),
};
