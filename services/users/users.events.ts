import { z } from "zod";
import { event } from "../../mixins/events/contract";

export const UserRegistered = event({
	type: "UserRegistered",
	meaning: "Somebody has an account from now on.",
	exchange: "users.events",
	routingKey: "user.registered",
	version: 1,
	aggregate: "userId",
	data: z.object({
		userId: z.uuid().toLowerCase().describe("The account"),
		email: z.string().describe("As it was registered"),
	}),
});
