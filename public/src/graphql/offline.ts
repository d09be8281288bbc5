import { ref } from "vue";

const isInBrowser = typeof window !== "undefined";

/** This device has no network: then the shop is not to blame. A browser that believes in one may be wrong. */
export const isOffline = ref(isInBrowser && !navigator.onLine);

if (isInBrowser) {
	for (const event of ["online", "offline"]) addEventListener(event, () => (isOffline.value = !navigator.onLine));
}
