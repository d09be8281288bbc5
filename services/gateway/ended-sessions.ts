import type { Service } from "moleculer";
import { ACCESS_TOKEN_TTL_S } from "../../mixins/access/token";

/** After this a session's tokens have expired by themselves; a minute more for clocks that disagree. */
const REMEMBERED_S = ACCESS_TOKEN_TTL_S + 60;

/** A hint that a session has ended may get lost; so often users is asked which have. */
const ASK_EVERY_MS = 3_000;
/** Until users has answered once. */
const ASK_FIRST_EVERY_MS = 200;
/** What was written at the time of the last answer may have been committed after it. */
const OVERLAP_S = 30;

/** Access tokens can't be taken back, so a gateway remembers whose session has ended for as long as they live. */
export interface EndedSessions {
	has(sessionId: string): boolean;
	/** @returns those of them that are news */
	add(sessionIds: readonly string[]): string[];
}

export function rememberEndedSessions(now: () => number = () => performance.now()): EndedSessions {
	/** When each was heard of; a Map keeps the order in which that was. */
	const heard = new Map<string, number>();
	const forgetOld = () => {
		for (const [id, at] of heard) {
			if (at > now() - REMEMBERED_S * 1_000) return;
			heard.delete(id);
		}
	};
	return {
		has: (sessionId) => heard.has(sessionId),
		add(sessionIds) {
			forgetOld();
			const news = sessionIds.filter((id) => !heard.has(id));
			for (const id of news) heard.set(id, now());
			return news;
		},
	};
}

/** Asks users again and again which sessions have ended, and tells. @returns how to stop */
export function watchEndedSessions(service: Service, tell: (sessionIds: string[]) => void): () => void {
	let answeredAtMs: number | undefined;
	let timer: NodeJS.Timeout | undefined;
	let stopped = false;

	const ask = async (): Promise<void> => {
		const askedAtMs = performance.now();
		const sinceS = answeredAtMs === undefined ? REMEMBERED_S : (askedAtMs - answeredAtMs) / 1_000 + OVERLAP_S;
		try {
			if (!isThere(service, "users")) return;
			const params = { withinS: Math.min(REMEMBERED_S, Math.ceil(sinceS)) };
			tell(await service.broker.call<string[], typeof params>("users.endedSessions", params));
			answeredAtMs = askedAtMs;
		} catch (error) {
			service.logger.debug("Users did not say which sessions have ended:", (error as Error).message);
		} finally {
			const pauseMs = answeredAtMs === undefined ? ASK_FIRST_EVERY_MS : ASK_EVERY_MS;
			if (!stopped) timer = setTimeout(() => void ask(), pauseMs);
		}
	};
	timer = setTimeout(() => void ask());
	return () => {
		stopped = true;
		clearTimeout(timer);
	};
}

/** Asked before it has come, Moleculer would warn each time. */
function isThere({ broker }: Service, name: string): boolean {
	return broker.registry.getServiceList({ onlyAvailable: true }).some((each) => each.name === name);
}
