import { shallowRef } from "vue";
import { ask } from "../graphql/client";
import { SaveAddress, type AddressInput } from "../graphql/documents";
import { toShopError, type ShopError } from "../graphql/shop-error";

/** An address that was to be kept when its order was placed, and is not in the address book. */
interface AddressToKeep {
	orderId: string;
	address: AddressInput;
	error: ShopError;
}

/** The page of its order says so: the one where it was typed is left by then. */
export const addressToKeep = shallowRef<AddressToKeep>();

/** Never fails: the order counts whether or not its address is kept. What is there already is no second time. */
export async function keepInBook(orderId: string, address: AddressInput): Promise<void> {
	try {
		await ask(SaveAddress, { input: address });
		addressToKeep.value = undefined;
	} catch (problem) {
		addressToKeep.value = { orderId, address, error: toShopError(problem) };
	}
}
