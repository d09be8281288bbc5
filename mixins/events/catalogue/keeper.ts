import fs from "node:fs";
import path from "node:path";
import { nameOf, type Catalogue } from "./catalogue";
import { breaksBetween, type Break } from "./compatibility";
import { publishedOf, type Published } from "./published";

/** A published version of an event must stay what its listeners rely on. */
export class BrokenContractError extends Error {
	override readonly name = "BrokenContractError";
	readonly code = "BROKEN_CONTRACT";

	constructor(broken: readonly { event: string; breaks: readonly Break[] }[]) {
		const told = broken.map(({ event, breaks }) =>
			[
				`${event} is published and must not change so:`,
				...breaks.map(({ path, change, hurts }) => `  ${path} ${change}. It hurts ${hurts}.`),
			].join("\n"),
		);
		super(
			`${told.join("\n")}\n` +
				"Declare a new version beside the old one, with a routing key of its own (order.confirmed.v2). First release the " +
				"consumers, which list both versions; then the producer, which publishes the new one; and take the old one away, " +
				"with its file, when nothing of it is on its way any more.",
		);
	}
}

/** The published versions, one file each: `OrderConfirmed.v1.json`. */
export function readPublished(folder: string): Published[] {
	if (!fs.existsSync(folder)) return [];
	return fs
		.readdirSync(folder)
		.filter((name) => name.endsWith(".json"))
		.toSorted()
		.map((name) => JSON.parse(fs.readFileSync(path.join(folder, name), "utf8")) as Published);
}

/** What the files should hold, by their names. */
export function publishedFiles({ events }: Catalogue): Map<string, string> {
	return new Map(
		events.map((contract) => [
			`${contract.type}.v${contract.version}.json`,
			`${JSON.stringify(publishedOf(contract), undefined, "\t")}\n`,
		]),
	);
}

/** @throws {BrokenContractError} when the code breaks with what is published */
export function refuseBreaks(published: readonly Published[], { events }: Catalogue): void {
	const broken = published.map((before) => {
		const contract = events.find(({ type, version }) => type === before.type && version === before.version);
		return { event: nameOf(before), breaks: contract ? breaksBetween(before, publishedOf(contract)) : [GONE] };
	});
	const found = broken.filter(({ breaks }) => breaks.length > 0);
	if (found.length > 0) throw new BrokenContractError(found);
}

const GONE: Break = {
	path: "the whole event",
	change: "is declared no longer",
	hurts:
		"consumers that still get it from outboxes, queues and dead letters. If nothing of it is on its way any more, delete its file",
};
