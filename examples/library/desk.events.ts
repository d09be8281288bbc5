import { z } from "zod";
import { event } from "../../mixins/events/contract";

/** The desk's front door: whoever wants to know what it does imports this file and nothing else of it. */
export const BookLent = event({
	type: "BookLent",
	meaning: "A member has taken a book home.",
	exchange: "desk.events",
	routingKey: "book.lent",
	version: 1,
	aggregate: "bookId",
	data: z.object({
		bookId: z.uuid().describe("The book"),
		title: z.string().describe("Its title"),
		member: z.string().describe("Who has it"),
		due: z.iso.date().describe("The day on which it has to be back"),
	}),
});
