import { ref, watch, type Ref } from "vue";
import { user } from "../session/session";
import { ordersUnderWay } from "./cart";

/** Orders that are or were under way while the page is open: how they end is shown there as well. */
export function useFollowedOrders(): Readonly<Ref<readonly string[]>> {
	const followed = ref<readonly string[]>([]);
	watch(ordersUnderWay, (ids) => (followed.value = [...new Set([...followed.value, ...ids])]), { immediate: true });
	watch(
		() => user.value?.id,
		(_, before) => before !== undefined && (followed.value = []),
	);
	return followed;
}
