import type { Account } from "../graphql/documents";

/** What the tabs of one browser tell each other. Access tokens travel here in memory only, never to a disk. */
export type TabMessage =
	| { kind: "session"; accessToken: string; expiresAtMs: number; user: Account }
	| { kind: "signed-out" }
	| { kind: "cart" };

const channel = typeof window === "undefined" ? undefined : new BroadcastChannel("molecart");

export function tellTabs(message: TabMessage): void {
	// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel is this origin's alone
	channel?.postMessage(message);
}

export function onTabMessage(hear: (message: TabMessage) => void): void {
	channel?.addEventListener("message", ({ data }: MessageEvent<TabMessage>) => hear(data));
}
