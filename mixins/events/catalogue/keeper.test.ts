import { z } from "zod";
import { event } from "../contract";
import { queueFor } from "../topology";
import { shortcomingsOf, type Catalogue } from "./catalogue";
import { refuseBreaks } from "./keeper";
import { publishedOf } from "./published";

const definition = { type: "BookLent", exchange: "desk.events", aggregate: "bookId", version: 1 } as const;
const bookId = z.uuid().describe("The book");
const BookLent = event({ ...definition, meaning: "Gone.", routingKey: "book.lent", data: z.object({ bookId }) });
const BookLent2 = event({
	...definition,
	version: 2,
	meaning: "Gone, until.",
	routingKey: "book.lent.v2",
	data: z.object({ bookId, until: z.iso.date().describe("When it is due") }),
});

function catalogueOf(events: Catalogue["events"], listeners: Catalogue["listeners"] = []): Catalogue {
	return { title: "Library", version: "1", description: "", events, listeners };
}

test("a version beside the old one breaks nothing", () => {
	refuseBreaks([publishedOf(BookLent)], catalogueOf([BookLent, BookLent2]));

	expect(shortcomingsOf(catalogueOf([BookLent, BookLent2]))).toEqual([]);
});

test("a changed version is refused with what broke, whom it hurts, and the way", () => {
	const changed = event({ ...definition, routingKey: "book.lent", data: BookLent2.data });

	expect(() => refuseBreaks([publishedOf(BookLent)], catalogueOf([changed]))).toThrow(
		/^BookLent v1 is published and must not change so:\n {2}data\.until was added as required\. It hurts consumers with this change, .*\nDeclare a new version beside the old one, with a routing key of its own/,
	);
});

test("a version that is taken away is refused, and the way is told", () => {
	expect(() => refuseBreaks([publishedOf(BookLent), publishedOf(BookLent2)], catalogueOf([BookLent2]))).toThrow(
		/^BookLent v1 is published and must not change so:\n {2}the whole event is declared no longer\. .* delete its file/,
	);
});

test("an event that does not say what it and its fields mean is not ready", () => {
	const mute = event({
		...definition,
		routingKey: "book.lent",
		data: z.object({ bookId: z.uuid(), lines: z.array(z.object({ page: z.int() })).describe("Pages") }),
	});

	expect(shortcomingsOf(catalogueOf([mute]))).toEqual([
		"BookLent v1 does not say what it means: give it a meaning",
		'BookLent v1 does not say what data.bookId means: give it a .describe("…")',
		'BookLent v1 does not say what data.lines[].page means: give it a .describe("…")',
	]);
});

test("two versions with one key, the same event twice, and a listener to what nobody publishes are not ready", () => {
	const sameKey = event({ ...definition, version: 2, meaning: "Gone.", routingKey: "book.lent", data: BookLent.data });
	const queue = queueFor("shelf.books", [BookLent2]);

	expect(
		shortcomingsOf(
			catalogueOf(
				[BookLent, sameKey, BookLent],
				[{ queue, subscriptions: [{ contract: { ...BookLent2, version: 3 } as never }] }],
			),
		),
	).toEqual([
		"BookLent v1 and BookLent v2 have the same routing key book.lent on desk.events: a consumer of the one alone would get the other too, and make dead letters of it",
		"BookLent v1 is declared twice",
		expect.stringContaining("BookLent v2 and BookLent v1 have the same routing key") as string,
		"shelf.books listens to BookLent v3, which is not in the catalogue",
	]);
});
