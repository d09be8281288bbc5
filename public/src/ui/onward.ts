import { onBeforeRouteLeave, useRouter, type RouteLocationRaw } from "vue-router";

/**
 * Where a page leads once its work is done. Whoever has gone somewhere else meanwhile stays there: a late answer must
 * not take them away, nor a navigation whose page is still being loaded.
 */
export function useOnward(): (to: RouteLocationRaw) => Promise<void> {
	const router = useRouter();
	let left = false;
	onBeforeRouteLeave(() => {
		left = true;
	});
	return async (to) => {
		if (!left) await router.replace(to);
	};
}
