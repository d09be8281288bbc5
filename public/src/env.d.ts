/// <reference types="vite/client" />

/** For tools that read no .vue file; vue-tsc knows each one's own type. */
declare module "*.vue" {
	import type { DefineComponent } from "vue";

	const component: DefineComponent<Record<string, unknown>, Record<string, unknown>, unknown>;
	export default component;
}
