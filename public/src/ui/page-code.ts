import { shallowRef } from "vue";
import type { RouteLocationNormalized, Router } from "vue-router";
import { announce } from "./announce";
import { pause } from "../graphql/pause";
import { readStored, store } from "../session/stored";

/** The code of a page did not come: there is no way to the shop, or a newer build has taken its place. */
class PageCodeMissingError extends Error {}

/** The page that one wanted to see and could not. `isShopThere`: it has been tried anew already, and was not there. */
export const missingPage = shallowRef<{ address: string; isShopThere: boolean }>();

/** The address that was opened anew last for want of its code. */
const OPENED_ANEW = "opened-anew";

/** A page whose code is loaded when it is first shown. */
export function lazyPage<Page>(load: () => Promise<Page>): () => Promise<Page> {
	return () =>
		load().catch((cause: unknown) => {
			throw new PageCodeMissingError("The code of a page did not come", { cause });
		});
}

/** Says so where a page's code does not come, and opens the page as soon as it can: anew, as only that finds a newer build. */
export function watchPageCode(router: Router): void {
	router.onError((error: unknown, to: RouteLocationNormalized) => {
		if (error instanceof PageCodeMissingError) void openWhenThere(to.fullPath);
	});
	router.afterEach((to, _, failure) => {
		if (failure || to.matched.length === 0) return;
		missingPage.value = undefined;
		forgetOpened();
	});
}

/** Once only by itself: what is still not there then needs a person, not another try. */
async function openWhenThere(address: string): Promise<void> {
	const wasOpened = readStored<string>(OPENED_ANEW, () => sessionStorage) === address;
	for (let retries = 0; ; retries++) {
		const isThere = await isShopThere();
		if (isThere && !wasOpened) return openAnew(address);
		const isFirst = retries === 0;
		if (!isFirst && missingPage.value?.address !== address) return;
		if (isFirst || missingPage.value?.isShopThere !== isThere) missingPage.value = { address, isShopThere: isThere };
		if (isThere) return;
		await pause(retries);
	}
}

/** For whoever does not want to wait. Without a shop the browser would only show a page of its own. */
export async function openNow(address: string): Promise<void> {
	if (await isShopThere()) openAnew(address);
	else announce("The shop still does not answer");
}

function openAnew(address: string): void {
	store(OPENED_ANEW, address, () => sessionStorage);
	location.assign(address);
}

function forgetOpened(): void {
	if (typeof window !== "undefined") store(OPENED_ANEW, undefined, () => sessionStorage);
}

async function isShopThere(): Promise<boolean> {
	return fetch("/favicon.svg", { method: "HEAD", cache: "no-store" }).then(
		({ ok }) => ok,
		() => false,
	);
}
