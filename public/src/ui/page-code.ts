import { shallowRef } from "vue";
import { isNavigationFailure, NavigationFailureType, type RouteLocationNormalized, type Router } from "vue-router";
import { announce } from "./announce";
import { pause } from "../graphql/pause";
import { readStored, store } from "../session/stored";

/** The code of a page did not come: there is no way to the shop, or a newer build has taken its place. */
class PageCodeMissingError extends Error {}

/** The page that one wanted to see and could not. `isShopThere`: it has been tried anew already, and was not there. */
export const missingPage = shallowRef<{ address: string; isShopThere: boolean }>();

/** The address that was opened anew last for want of its code. */
const OPENED_ANEW = "opened-anew";

/** A gateway that comes up may take a request and never answer it. */
const TIMEOUT_MS = 10_000;

/** Where one wants to be, by the last click. */
let wanted: RouteLocationNormalized | undefined;

/** A page whose code is loaded when it is first shown. */
export function lazyPage<Page>(load: () => Promise<Page>): () => Promise<Page> {
	return () =>
		load().catch((cause: unknown) => {
			throw new PageCodeMissingError("The code of a page did not come", { cause });
		});
}

/** Says so where a page's code does not come, and opens the page as soon as it can: anew, as only that finds a newer build. */
export function watchPageCode(router: Router): void {
	router.beforeEach((to) => {
		wanted = to;
	});
	router.onError((error: unknown, to: RouteLocationNormalized) => {
		if (error instanceof PageCodeMissingError) void openWhenThere(to);
	});
	router.afterEach((to, _, failure) => {
		// Who clicks where they are wants to stay there.
		if (isNavigationFailure(failure, NavigationFailureType.duplicated)) wanted = to;
		else if (failure || to.matched.length === 0) return;
		missingPage.value = undefined;
		forgetOpened();
	});
}

/** Once only by itself: what is still not there then needs a person, not another try. */
async function openWhenThere(page: RouteLocationNormalized): Promise<void> {
	const address = page.fullPath;
	const wasOpened = lastOpened() === address;
	for (let retries = 0; wanted === page; retries++) {
		const isThere = await isShopThere();
		// Whoever has gone on meanwhile is not taken from there.
		if (wanted !== page) return;
		// What can't be remembered would be opened anew for ever.
		if (isThere && !wasOpened && remember(address)) return openAnew(address);
		if (retries === 0 || missingPage.value?.isShopThere !== isThere)
			missingPage.value = { address, isShopThere: isThere };
		if (isThere) return;
		await pause(retries);
	}
}

/** For whoever does not want to wait. Without a shop the browser would only show a page of its own. */
export async function openNow(address: string): Promise<void> {
	const page = wanted;
	const isThere = await isShopThere();
	if (wanted !== page) return;
	if (!isThere) return announce("The shop still does not answer");
	remember(address);
	openAnew(address);
}

function openAnew(address: string): void {
	const { pathname, search } = new URL(address, location.href);
	if (pathname !== location.pathname || search !== location.search) return location.assign(address);
	// Here already: with a fragment, as in a link from a mail, a browser would only look for its place on the page.
	history.replaceState(history.state, "", address);
	location.reload();
}

function lastOpened(): string | undefined {
	return readStored<string>(OPENED_ANEW, () => sessionStorage);
}

/** Whether it is remembered: storage may be off. */
function remember(address: string): boolean {
	store(OPENED_ANEW, address, () => sessionStorage);
	return lastOpened() === address;
}

function forgetOpened(): void {
	if (typeof window !== "undefined") store(OPENED_ANEW, undefined, () => sessionStorage);
}

async function isShopThere(): Promise<boolean> {
	const signal = AbortSignal.timeout(TIMEOUT_MS);
	return fetch("/favicon.svg", { method: "HEAD", cache: "no-store", signal }).then(
		({ ok }) => ok,
		() => false,
	);
}
