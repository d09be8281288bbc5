import type { Socket } from "node:net";

/**
 * Ends a connection without a farewell. One that is in the middle of its farewell can't be reset any more (libuv answers
 * EINVAL): Node 20 would keep it for ever, and spin when its process ends.
 */
export function reset(end: Socket): void {
	if (end.writableEnded) end.destroy();
	else end.resetAndDestroy();
}
