import { ref } from "vue";

/** What a screen reader says next: the region in App.vue holds it. */
export const announcement = ref("");

/** Says a change that can be seen to those who hear it. */
export function announce(text: string): void {
	// The same words twice are only heard twice when the region changes.
	announcement.value = announcement.value === text ? `${text}\u00a0` : text;
}
