import { z } from "zod";
import { event } from "../../mixins/events/contract";

/** Somebody has an account from now on. */
export const UserRegistered = event({
	type: "UserRegistered",
	exchange: "users.events",
	routingKey: "user.registered",
	version: 1,
	aggregate: "userId",
	data: z.object({ userId: z.uuid(), email: z.string() }),
});
