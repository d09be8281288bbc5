import { nextTick, ref } from "vue";
import { toShopError, type ShopError } from "../graphql/shop-error";
import { catchFocus } from "./focus";

type Problems = Record<string, string>;

interface Checks {
	/** What can be said before the shop is asked. */
	check?: () => Problems;
	/** The fields that a refusal is about which names none. */
	about?: (error: ShopError) => Problems | undefined;
}

/**
 * A form that is sent once at a time and says what is wrong where it is: at its field, and of the whole only what has no
 * field here. The focus goes to what is wrong.
 */
export function useForm(send: () => Promise<void>, { check = () => ({}), about = () => undefined }: Checks = {}) {
	const sending = ref(false);
	const problems = ref<Problems>({});
	/** What is wrong with the whole. */
	const failure = ref<string>();

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
				const refusal = toShopError(error);
				problems.value = { ...refusal.fields, ...about(refusal) };
				failure.value = saidOfTheWhole(form, refusal, problems.value);
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

/** What no field of the form says; undefined where the fields say it all. */
export function saidOfTheWhole(form: HTMLElement, error: ShopError, problems: Problems): string | undefined {
	const said = Object.entries(problems);
	if (said.length === 0) return error.message;
	const homeless = said.filter(([field]) => !form.querySelector(`[name="${CSS.escape(field)}"]`));
	return homeless.map(([, sentence]) => sentence).join(" ") || undefined;
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
