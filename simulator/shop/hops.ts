import type { Names } from "./names";
import { isTold, wordsFor } from "./words";

/** One thing that happened, in words. */
export interface Hop {
	ms: number;
	/** Where the line is of it in the schedule. */
	at: number;
	text: string;
}

const STATEMENT = /^\d+ (n\d+) (#\d+) (\S+)[^[]*?(?: \[([\w ]+)\])?( alone)?$/;
const ASKED = /^(shopper \d+|clerk) > (n\d+) (\S+)/;
const TOLD = /^ {4}(shopper \d+|clerk) is told of (\S+): (.*)/;
const TAKEN = /^ {4}rabbitmq takes \w+ v(\d+) of \S+ \((\w+)\) from (n\d+|\S+)/;
const LOST = /^ {4}(#\d+) loses its connection (before|after) (\S+)/;

/** What a session has done since its last COMMIT. */
interface Transaction {
	ends: Set<string>;
	words: string[];
}

/** What has to do with some things, of all that a schedule tells; and each fault. */
export function hopsOf(lines: readonly string[], names: Names, concerned: ReadonlySet<string>): Hop[] {
	const hops: Hop[] = [];
	const open = new Map<string, Transaction>();
	const people = new Set([...concerned].map((end) => names.of(end)));
	const isConcerned = (ends: Iterable<string>): boolean => [...ends].some((end) => concerned.has(end));
	for (const [at, line] of lines.entries()) {
		const [, ms, rest = ""] = /^(\d+) (.*)/.exec(line) ?? [];
		const tell = (text: string): void => void hops.push({ ms: Number(ms), at, text });
		const statement = STATEMENT.exec(line);
		if (statement) {
			const [, node, session, name, ends, isAlone] = statement as unknown as string[];
			const about = ends?.split(" ") ?? [];
			if (isAlone) {
				if (isTold(name!) && isConcerned(about)) tell(`${node}: ${does(name!, about, names)}`);
				continue;
			}
			const key = `${node} ${session}`;
			const transaction = open.get(key) ?? { ends: new Set(), words: [] };
			if (name === "COMMIT" || name === "ROLLBACK") {
				open.delete(key);
				const how = name === "COMMIT" ? "commits" : "rolls back";
				if (isConcerned(transaction.ends) && transaction.words.length > 0)
					tell(`${node} ${how}: ${transaction.words.join(", ")}`);
				continue;
			}
			open.set(key, transaction);
			for (const end of about) transaction.ends.add(end);
			if (isTold(name!)) transaction.words.push(does(name!, about, names));
			continue;
		}
		const [, who, node, action] = ASKED.exec(rest) ?? [];
		if (who && people.has(who)) tell(`${who} asks ${node} for ${action}`);
		const [, told, of, answer] = TOLD.exec(rest) ?? [];
		if (told && people.has(told)) tell(`${told} is told of ${of}: ${names.inWords(answer!)}`);
		const [, version, event, from] = TAKEN.exec(rest) ?? [];
		if (event && concerned.has(event)) tell(`${from} has published ${names.of(event)}, version ${version}`);
		const [, session, when, name] = LOST.exec(rest) ?? [];
		if (session) {
			const [key, transaction] = [...open].find(([each]) => each.endsWith(` ${session}`)) ?? [];
			if (transaction && isConcerned(transaction.ends))
				tell(
					`${key!.split(" ")[0]} loses its connection to PostgreSQL ${when} ${name} ${when === "after" ? "is done" : "is sent"}`,
				);
		}
		if (/^(FAULT|n\d+ has ended)/.test(rest)) tell(rest);
		const killed = /^FAULT kill of (n\d+)/.exec(rest)?.[1];
		for (const [key, { ends, words }] of open) {
			if (!key.startsWith(`${killed} `)) continue;
			open.delete(key);
			if (isConcerned(ends) && words.length > 0) tell(`${killed} had not committed: ${words.join(", ")}`);
		}
	}
	return hops;
}

/** An event by its name alone, and with an order not whose it is and which cart it was. */
function does(statement: string, ends: readonly string[], names: Names): string {
	if (statement.endsWith(".outbox.append")) return `has to tell ${toldBy(ends, names)}`;
	const known = ends.map((end) => names.of(end)).filter((name) => name !== undefined);
	const events = known.filter((name) => / of /.test(name) && !name.startsWith("the "));
	const orders = known.filter((name) => /^(order|product) /.test(name));
	const said = [events, orders, known].find((each) => each.length > 0);
	const words = wordsFor(statement);
	if (statement.endsWith(".inbox.accept_all") && events.length === 0)
		return `${words} an event that RabbitMQ never takes`;
	return said ? `${words} ${said.join(", ")}` : words;
}

/** The event, what it is about, what it was caused by. */
function toldBy([event, about]: readonly string[], names: Names): string {
	const named = names.of(event ?? "");
	return named ?? `an event of ${names.of(about ?? "") ?? about}, which RabbitMQ never takes`;
}
