import { computed, watch, type ComputedRef, type Ref } from "vue";
import { useRouter } from "vue-router";
import type { OrderFields } from "../graphql/documents";
import { user } from "../session/session";

/**
 * Whether the order is that of who looks at it. An administrator may see everybody's, and is led to the operators' page
 * of it: what is said to a customer on their own is not said to them.
 */
export function useOwnPage(order: Readonly<Ref<OrderFields | undefined>>): ComputedRef<boolean> {
	const router = useRouter();
	const isOwn = computed(() => order.value !== undefined && order.value.userId === user.value?.id);
	watch(order, (found) => {
		if (found && user.value && !isOwn.value) void router.replace(`/admin/orders/${found.id}`);
	});
	return isOwn;
}
