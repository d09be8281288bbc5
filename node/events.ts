import fs from "node:fs";
import path from "node:path";
import { asyncApiOf } from "../mixins/events/catalogue/asyncapi";
import { shortcomingsOf, type Catalogue } from "../mixins/events/catalogue/catalogue";
import { publishedFiles, readPublished, refuseBreaks } from "../mixins/events/catalogue/keeper";
import { markdownOf } from "../mixins/events/catalogue/markdown";
import { events } from "../services/events";
import { consumers } from "../services/topology";
import { projectRoot } from "./project";

/** Where the published versions of events are kept. */
export const PUBLISHED = path.join(projectRoot, "docs/events");

const INTRODUCTION = [
	"Every event of the shop, for whoever listens. Made of the contracts in `services/*/*.events.ts` and the consumers in `services/*/*.consumers.ts` by `npm run events`; don't edit it. The same for programs is [asyncapi.json](asyncapi.json), which a gateway serves at `/api/asyncapi.json`.",
	"To listen, bind a queue of your own to the exchange and key, acknowledge after your own commit, and remember `event_id`: an event arrives at least once, and in the order of its aggregate. Ignore fields that you don't know: a version may gain optional ones. Whatever else changes is a new version with a key of its own; the old one stays beside it until nobody needs it. Each version is also a JSON Schema in [events/](events/).",
].join("\n\n");

/** The shop's events and who listens to them. */
export function catalogue(): Catalogue {
	const { version } = JSON.parse(fs.readFileSync(path.join(projectRoot, "package.json"), "utf8")) as {
		version: string;
	};
	return {
		title: "Events of Molecart",
		version,
		description:
			"Facts about users, products, carts, orders and payments, published through transactional outboxes to topic exchanges on RabbitMQ: at least once, in the order of each aggregate.",
		events,
		listeners: consumers,
	};
}

/**
 * What is checked in about events, by its path from the project's folder.
 * @throws {BrokenContractError} when the code breaks with what is published
 */
export function eventDocuments(): Map<string, string> {
	const shop = catalogue();
	const shortcomings = shortcomingsOf(shop);
	if (shortcomings.length > 0) throw new Error(shortcomings.join("\n"));
	refuseBreaks(readPublished(PUBLISHED), shop);
	return new Map([
		["docs/events.md", markdownOf(shop, INTRODUCTION)],
		["docs/asyncapi.json", `${JSON.stringify(asyncApiOf(shop), undefined, "\t")}\n`],
		...[...publishedFiles(shop)].map(([name, text]): [string, string] => [`docs/events/${name}`, text]),
	]);
}

/** `npm run events`: writes the documents of all events, unless a published version would be broken. */
if (require.main === module) {
	try {
		fs.mkdirSync(PUBLISHED, { recursive: true });
		for (const [file, text] of eventDocuments()) fs.writeFileSync(path.join(projectRoot, file), text);
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n`);
		process.exitCode = 1;
	}
}
