import { nextTick, ref, shallowRef } from "vue";
import { toShopError, type ShopError } from "../graphql/shop-error";
import { catchFocus } from "./focus";

type Problems = Record<string, string>;

/** A form that is sent once at a time and shows each error at its field. The focus goes to what is wrong. */
export function useForm(send: () => Promise<void>, check: () => Problems = () => ({})) {
	const sending = ref(false);
	const problems = ref<Problems>({});
	const failure = shallowRef<ShopError>();

	const submit = async (event: Event): Promise<void> => {
		const form = event.currentTarget as HTMLFormElement;
		if (sending.value) return;
		failure.value = undefined;
		problems.value = check();
		if (Object.keys(problems.value).length === 0) {
			sending.value = true;
			try {
				await send();
			} catch (error) {
				failure.value = toShopError(error);
				problems.value = failure.value.fields;
			} finally {
				sending.value = false;
			}
		}
		await nextTick();
		if (focusWrong(form)) return;
		// A button that was disabled meanwhile has lost the focus.
		await catchFocus(() => (form.isConnected ? form.querySelector<HTMLElement>("[type=submit]") : undefined));
	};

	return { sending, problems, failure, submit };
}

/** The first field that is wrong, or what is said of the whole: there it is seen and heard. @returns whether there is any */
export function focusWrong(form: HTMLElement): boolean {
	const place =
		form.querySelector<HTMLElement>("[aria-invalid=true]") ?? form.querySelector<HTMLElement>("[data-notice]");
	place?.focus();
	return place !== null;
}

/** The fields that are empty, each with a sentence. */
export function missing(fields: Record<string, [value: string, sentence: string]>): Problems {
	return Object.fromEntries(
		Object.entries(fields)
			.filter(([, [value]]) => value.trim() === "")
			.map(([field, [, sentence]]) => [field, sentence]),
	);
}
