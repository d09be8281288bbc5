import "moleculer";
import type { Access } from "../mixins/access/access";

declare module "moleculer" {
	interface ActionSchema {
		/** Who may call it; see mixins/access. */
		access?: Access;
	}
}
