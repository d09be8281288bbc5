import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

/** Where `npm run web` sends what isn't the shop's own files: a shop that runs beside it. */
const SHOP = "http://127.0.0.1:3000";

export default defineConfig({
	root: import.meta.dirname,
	publicDir: "static",
	plugins: [vue()],
	define: { __VUE_OPTIONS_API__: false },
	build: {
		outDir: "../dist/public",
		emptyOutDir: true,
		target: "es2022",
		// A file inlined as a data: address would not pass the Content-Security-Policy everywhere.
		assetsInlineLimit: 0,
		// Every browser that knows es2022 knows modulepreload.
		modulePreload: { polyfill: false },
		reportCompressedSize: false,
	},
	server: {
		proxy: {
			"/graphql": { target: SHOP, ws: true },
		},
	},
});
