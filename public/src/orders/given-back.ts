import { type ComputedRef, computed } from "vue";
import { cart } from "../cart/cart";
import { ask } from "../graphql/client";
import { CartGivenBack, type OrderFields } from "../graphql/documents";
import { nullIfNowhere } from "../graphql/shop-error";
import { useAnswer } from "../ui/answer";

type Line = Pick<OrderFields["items"][number], "productId" | "quantity">;

/** `gone`: ordered, emptied or joined with another one since. */
export type GivenBack = "as it was" | "changed" | "gone";

/** What has become of the cart that a failed order gave back; undefined until that is known. */
export function useGivenBack(order: () => OrderFields): ComputedRef<GivenBack | undefined> {
	const isBack = computed(() => order().status === "COMPENSATED");
	const { answer, error } = useAnswer(
		async (signal) => {
			if (!isBack.value) return undefined;
			return ask(CartGivenBack, { id: order().cartId }, signal).then(({ cart: found }) => found, nullIfNowhere);
		},
		// What happens to the cart in any tab may have happened to this one.
		[isBack, cart],
	);
	return computed((): GivenBack | undefined => {
		// The cart's own page says why it can't be read.
		if (error.value) return "changed";
		if (answer.value === undefined) return undefined;
		if (answer.value?.status !== "ACTIVE" || answer.value.items.length === 0) return "gone";
		return inOrder(answer.value.items) === inOrder(order().items) ? "as it was" : "changed";
	});
}

function inOrder(lines: readonly Line[]): string {
	return lines
		.map(({ productId, quantity }) => `${productId} ${quantity}`)
		.toSorted()
		.join();
}
