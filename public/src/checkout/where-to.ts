import { computed, reactive, ref, shallowRef } from "vue";
import {
	addressProblems,
	ADDRESSES_MAX,
	cleanAddress,
	draftOf,
	emptyAddress,
	type AddressDraft,
	type CleanAddress,
} from "../addresses/address";
import { ask } from "../graphql/client";
import { Addresses, SaveAddress, type AddressEntry, type AddressInput } from "../graphql/documents";
import { user } from "../session/session";
import { keepInBook } from "./address-to-keep";
import { keepAddress, keptAddress } from "./attempt";

/** Chosen is none of the saved ones: it is typed. */
export const TYPED = "typed";

/** Where the parcel goes: an address of the address book, or one that is typed. */
export function useWhereTo() {
	const userId = user.value!.id;
	const saved = shallowRef<readonly AddressEntry[]>([]);
	const chosen = ref(TYPED);
	const draft = reactive<AddressDraft>({ ...emptyAddress(user.value?.name), ...keptAddress(userId) });
	/** Whether a typed one goes into the address book. */
	const keeps = ref(false);
	const mayKeep = computed(() => saved.value.length < ADDRESSES_MAX);

	const address = (): CleanAddress => {
		const entry = saved.value.find(({ id }) => id === chosen.value);
		return cleanAddress(entry ? draftOf(entry.address) : draft);
	};

	return {
		saved,
		chosen,
		draft,
		keeps,
		mayKeep,

		/** Chooses what was used last, in this tab or ever. One can order without an address book. */
		async load(): Promise<void> {
			const items = await ask(Addresses, {}).then(
				({ addresses }) => addresses.items,
				() => [],
			);
			saved.value = items;
			const kept = keptAddress(userId);
			const before = kept ? items.find((entry) => isSame(cleanAddress(draftOf(entry.address)), kept)) : items[0];
			chosen.value = before?.id ?? TYPED;
			if (kept && before) Object.assign(draft, emptyAddress(user.value?.name));
		},

		problems: () => (chosen.value === TYPED ? addressProblems(draft) : {}),

		/** For this tab, should the order have to be tried again. */
		take(): CleanAddress {
			const taken = address();
			keepAddress(userId, taken);
			return taken;
		},

		/** Into the address book, or there to its beginning, once the order is placed. */
		async remember(orderId: string): Promise<void> {
			// Only the order of the book: nobody has asked for that.
			if (chosen.value !== TYPED) await ask(SaveAddress, { input: address() }).catch(() => undefined);
			else if (keeps.value && mayKeep.value) await keepInBook(orderId, address());
		},
	};
}

function isSame(one: AddressInput, other: AddressInput): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}
