import { watch } from "vue";
import type { RouteLocationNormalized, RouteLocationRaw, Router } from "vue-router";
import { isAdmin, isUnsure, user } from "./session";

declare module "vue-router" {
	interface RouteMeta {
		/** `customer`: somebody who is signed in. */
		for?: "customer" | "admin";
	}
}

/** Whether the page may be shown now. Where nobody knows yet who is here, that is later, or never. */
export function isForThem({ meta }: Pick<RouteLocationNormalized, "meta">): boolean {
	if (!meta.for) return true;
	return meta.for === "admin" ? isAdmin.value : user.value !== undefined;
}

/**
 * Pages that belong to somebody send a guest to sign in first, and back afterwards. They are asked at the door, and
 * again where they stand when a session has ended or somebody else's has begun.
 */
export function guard(router: Router): void {
	let goingTo: RouteLocationNormalized | undefined;
	const askAgain = (): void => {
		// Whoever is leaving is asked at the next door; to send them away from this one would undo their click.
		if (goingTo) return;
		const way = wayIn(router.currentRoute.value);
		if (way !== true) void router.replace(way);
	};

	router.beforeEach((to) => {
		goingTo = to;
		return wayIn(to);
	});
	router.afterEach((to, _, failure) => {
		if (to !== goingTo) return;
		goingTo = undefined;
		// The session may have ended while the page was on its way.
		if (!failure) askAgain();
	});
	router.onError((_, to) => {
		if (to === goingTo) goingTo = undefined;
	});
	watch([user, isUnsure], askAgain);
}

function wayIn(to: RouteLocationNormalized): true | RouteLocationRaw {
	if (isForThem(to) || isUnsure.value) return true;
	return user.value ? { path: "/nothing-here" } : { path: "/login", query: { next: to.fullPath } };
}
