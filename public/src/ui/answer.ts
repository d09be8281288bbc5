import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from "vue";
import { toShopError, type ShopError } from "../graphql/shop-error";

export interface Answered<Answer> {
	/** The newest there is; the one before stays while another is asked for. */
	answer: ShallowRef<Answer | undefined>;
	error: ShallowRef<ShopError | undefined>;
	/** Asks again. */
	load: () => Promise<void>;
}

/** What a page asks the shop for: at once, and anew when one of `watched` changes. Only the last question's answer counts. */
export function useAnswer<Answer>(
	question: (signal: AbortSignal) => Promise<Answer>,
	watched: readonly WatchSource[] = [],
): Answered<Answer> {
	const answer = shallowRef<Answer>();
	const error = shallowRef<ShopError>();
	let running = new AbortController();

	const load = async (): Promise<void> => {
		running.abort();
		const { signal } = (running = new AbortController());
		error.value = undefined;
		try {
			const found = await question(signal);
			if (!signal.aborted) answer.value = found;
		} catch (problem) {
			if (!signal.aborted) error.value = toShopError(problem);
		}
	};

	watch(watched, load, { immediate: true });
	onScopeDispose(() => running.abort());
	return { answer, error, load };
}
