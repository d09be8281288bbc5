import { nextTick } from "vue";

/** Where a page begins: whoever goes on from here hears it from its first word. */
export function focusMain(): void {
	document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
}

/** What had the focus may have gone with what it did: then it goes on at `next`, or where the page begins. */
export async function catchFocus(next?: () => HTMLElement | null | undefined): Promise<void> {
	await nextTick();
	const { activeElement } = document;
	if (activeElement && activeElement !== document.body) return;
	const place = next?.();
	if (place) place.focus();
	else focusMain();
}
