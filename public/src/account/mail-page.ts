import { defineComponent, h, ref, watch, type Component, type Ref } from "vue";
import { useRoute, useRouter } from "vue-router";
import { focusMain } from "../ui/focus";

/** A page that a link in a mail leads to, with the link's secret. Another link in the same tab begins it anew. */
export function mailPage(page: Component): Component {
	return defineComponent(() => {
		const token = useMailToken();
		watch(token, focusMain, { flush: "post" });
		return () => h(page, { key: token.value, token: token.value });
	});
}

/** Empty without a secret. It leaves the address at once: what is there can be read over a shoulder. */
function useMailToken(): Readonly<Ref<string>> {
	const route = useRoute();
	const router = useRouter();
	const token = ref("");
	watch(
		() => route.hash,
		(hash) => {
			const found = /^#token=([\w-]+)$/.exec(hash)?.[1];
			if (found === undefined) return;
			token.value = found;
			// By the router, which would write the address that it knows into the history again.
			void router.replace({ hash: "" });
		},
		{ immediate: true },
	);
	return token;
}
