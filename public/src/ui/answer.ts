import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from "vue";
import { persist, type Outcome } from "../graphql/persist";
import { toShopError, type ShopError } from "../graphql/shop-error";

export interface Answered<Answer> {
	/** The newest there is; the one before stays while another is asked for, and goes where there is none. */
	answer: ShallowRef<Answer | undefined>;
	error: ShallowRef<ShopError | undefined>;
	/** Asks again. */
	load: () => Promise<void>;
}

/**
 * What a page asks the shop for: at once, anew when one of `watched` changes, and by itself where the shop is only away.
 * Only the last question's answer counts, and nothing of an older one stands beside an error.
 */
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
		await persist(() => attempt(signal), signal);
	};

	const attempt = async (signal: AbortSignal): Promise<Outcome> => {
		try {
			const found = await question(signal);
			if (signal.aborted) return undefined;
			answer.value = found;
			error.value = undefined;
		} catch (problem) {
			if (signal.aborted) return undefined;
			answer.value = undefined;
			error.value = toShopError(problem);
		}
		return error.value;
	};

	watch(watched, load, { immediate: true });
	onScopeDispose(() => running.abort());
	return { answer, error, load };
}
