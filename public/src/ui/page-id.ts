import { useRoute } from "vue-router";

/** The id in the page's address, in lower case as the shop tells ids: who has written it in capitals means the same. */
export function usePageId(): string {
	return String(useRoute().params["id"]).toLowerCase();
}
