import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { bugs } from "./planted-bugs/bugs";

/**
 * Figures that documents give and that are constants of the code: a sentence is looked for as it reads with today's
 * values. Whoever changes one finds here where else it stands.
 */

const ROOT = path.join(__dirname, "..");

const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), "utf8");
const inOneLine = (text: string): string => text.replaceAll(/\s+/g, " ");

/** The value of a constant that is a number, a list or an object of such. */
function constant(file: string, name: string): unknown {
	const [const_, ...keys] = name.split(".");
	const text = new RegExp(`\\bconst ${const_}(?:: [^=]+)? = ([^;]+);`).exec(read(file))?.[1];
	if (text === undefined) throw new Error(`${file} has no constant ${const_}`);
	const value: unknown = vm.runInNewContext(`(${text})`, { Infinity });
	return keys.reduce<unknown>((object, key) => (object as Record<string, unknown>)[key], value);
}

const number = (file: string, name: string): number => {
	const value = constant(file, name);
	if (typeof value !== "number") throw new Error(`${name} of ${file} is no number`);
	return value;
};

const written = (value: number): string => value.toLocaleString("en-US");
/** As a sentence has it in letters; where there is no word here yet, the number, which no sentence has. */
const inWords = (value: number): string =>
	({ 1: "a", 2: "two", 4: "four", 6: "six", 8: "eight", 10: "ten" })[value] ?? written(value);
const n = (file: string, name: string): string => written(number(file, name));
/** Milliseconds as seconds. */
const s = (file: string, name: string): string => written(number(file, name) / 1_000);

const ARCHITECTURE = "docs/architecture.md";
const OPERATING = "docs/operating.md";
const MIXINS = "docs/mixins.md";

const RELAY = "mixins/outbox/relay.ts";
const SHARE = "mixins/outbox/share.ts";
const SEARCH = "mixins/events/missed/search.ts";
const TOPOLOGY = "mixins/events/topology.ts";
const PUBLISHER = "mixins/events/rabbitmq/publisher.ts";
const SUSPECTS = "mixins/events/suspects.ts";
const RECEIVER = "mixins/events/receiver.ts";
const DECIDE = "mixins/saga/decide.ts";
const POOLS = "node/access.ts";
const APOLLO = "mixins/apollo/options.ts";
const RATES = "services/users/rate-limits.ts";

const delays = constant(TOPOLOGY, "DEFAULT_RETRY_DELAYS_MS") as number[];
const delaysInS = delays.map((ms) => written(ms / 1_000));
const shares = Object.values(constant(POOLS, "SHARES") as Record<string, number>).filter((share) => share > 0);
const all = shares.reduce((sum, share) => sum + share, 0);
const forEvents = number(POOLS, "SHARES.events");
const together = shares.filter((share) => share !== forEvents);

/** `attemptsMax` of the limit whose key begins so. */
const attempts = (key: string): string =>
	new RegExp(`key: \`${key.replaceAll(/[$\\{}]/g, String.raw`\$&`)}\`, attemptsMax: (\\d+)`).exec(read(RATES))![1]!;

const figures: [document: string, sentence: string][] = [
	[ARCHITECTURE, `Each has a lease of ${s("mixins/outbox/leases.ts", "LEASE_MS")} s`],
	[ARCHITECTURE, `one of ${n("mixins/outbox/append.ts", "PARTITIONS")} partitions`],
	[
		ARCHITECTURE,
		`about ${n(RELAY, "HELD_MAX")} events for each outbox (${written(number(RELAY, "HELD_MAX") + number("mixins/outbox/batches.ts", "BATCH_MAX") / 2)} and a few at most)`,
	],
	[ARCHITECTURE, `a look at everything every ${s("mixins/outbox/full-sweep.ts", "FULL_SWEEP_MS.min")} s or more`],
	[ARCHITECTURE, `What no hint announced the relay that has the partition finds every ${s(SHARE, "RENEW_MS")} s`],
	[ARCHITECTURE, `with a growing pause up to ${inWords(number(RELAY, "EVENT_PAUSE.maxMs") / 60_000)} minute`],
	[ARCHITECTURE, `After ${n(RELAY, "ATTEMPTS_MAX")} attempts, about a day`],
	[
		ARCHITECTURE,
		`one event is tried every ${s("mixins/outbox/asides.ts", "PAUSE.firstMs")} to ${s("mixins/outbox/asides.ts", "PAUSE.maxMs")} s`,
	],
	[ARCHITECTURE, `could publish nothing for ${inWords(number(SHARE, "CUT_OFF_MS") / 1_000)} seconds`],
	[ARCHITECTURE, `compares its inbox, every ${s(SEARCH, "EVERY_MS")} s and one node at a time`],
	[ARCHITECTURE, `was published more than ${s("mixins/outbox/history.ts", "SETTLED_MS")} s ago`],
	[ARCHITECTURE, `it is older than ${s("mixins/events/missed/decide.ts", "GIVEN_UP_MS")} s`],
	[ARCHITECTURE, `Bindings are restored every ${s("mixins/events/rabbitmq/declarations.ts", "BINDINGS_CHECK_MS")} s`],
	[ARCHITECTURE, `older than ${n("mixins/inbox/inbox.ts", "INBOX_MEMORY_DAYS")} days by its UUIDv7 id is refused`],
	[ARCHITECTURE, `tried again after ${delaysInS.slice(0, -1).join(", ")} and ${delaysInS.at(-1)} s`],
	[ARCHITECTURE, `At most ${n(PUBLISHER, "IN_FLIGHT_MAX")} are in flight in a process`],
	[ARCHITECTURE, `each confirm has ${s("mixins/events/rabbitmq/sent.ts", "CONFIRM_TIMEOUT_MS")} s`],
	[
		ARCHITECTURE,
		`| ${n(TOPOLOGY, "DEFAULT_PREFETCH")} in hand, of which ${n(RECEIVER, "BATCH_MAX")} share a transaction, ${n("mixins/events/lanes.ts", "LANES")} of these at once |`,
	],
	[
		ARCHITECTURE,
		`| ${n("mixins/outbox/append.ts", "PARTITIONS")}: more nodes than that for one service relay nothing |`,
	],
	[ARCHITECTURE, `Whoever drives a saga owns it for ${s("mixins/saga/store.ts", "LEASE_MS")} s`],
	[ARCHITECTURE, `A node drives up to ${n("mixins/saga/engine.ts", "CONCURRENCY_MAX")} sagas at once`],
	[
		ARCHITECTURE,
		`double from ${written((2 * number(DECIDE, "FIRST_PAUSE_MS")) / 1_000)} s to ${s(DECIDE, "LONGEST_PAUSE_MS")} s`,
	],
	[ARCHITECTURE, `again, up to ${n(DECIDE, "UNDO_ATTEMPTS_MAX")}; then NEEDS_OPERATOR`],
	[ARCHITECTURE, `asks the provider, ${s("services/payments/ask.ts", "PROVIDER_TIMEOUT_MS")} s at most`],
	[
		ARCHITECTURE,
		`of ${Math.min(...shares)} to ${Math.max(...shares)} connections where it hosts all services and of ${Math.max(...shares)} where it hosts one`,
	],
	[ARCHITECTURE, `the others stand in line, ${s("mixins/database/line.ts", "IN_LINE_MS_MAX")} s at most`],
	[
		ARCHITECTURE,
		`| ${s("moleculer.config.ts", "REQUEST_TIMEOUT_MS")} s; a read ${s("services/timeouts.ts", "READ_TIMEOUT_MS")} s; a step that asks the provider 8 s, of which ${s("services/payments/ask.ts", "STEP_MS")} s for all that it asks |`,
	],
	[
		ARCHITECTURE,
		`| ${n(APOLLO, "defaultLimits.bodyBytes").replace(",000", " kB")}, ${n(APOLLO, "defaultLimits.characters")} characters, ${n(APOLLO, "defaultLimits.tokens")} tokens, depth ${n(APOLLO, "defaultLimits.depth")}, ${n(APOLLO, "defaultLimits.aliases")} aliases, cost ${n(APOLLO, "defaultLimits.cost")} |`,
	],
	[
		ARCHITECTURE,
		`| ${n(APOLLO, "defaultSocketLimits.maxSockets")}; ${n(APOLLO, "defaultSocketLimits.maxSocketsPerAddress")}; ${n(APOLLO, "defaultSocketLimits.maxPerSocket")} |`,
	],
	[ARCHITECTURE, `| ${n("services/gateway/admission.ts", "QUEUE_MAX")}: then OVERLOADED`],
	[ARCHITECTURE, `| ${attempts("mail ${account} ${network}")}; ${attempts("mail ${network}")}; `],
	[
		OPERATING,
		`up to ${Math.max(...shares)} connections, one that hosts all of them up to ${all - forEvents} (${Math.min(...together)} to ${Math.max(...together)} for each service; ${all} without RabbitMQ), or ${n("mixins/database/pools.ts", "POOL_SIZE_MAX")} where they work as [one user]`,
	],
	[
		OPERATING,
		`(a read ${n("services/gateway/admission.ts", "IN_TIME_MS.browsing")} ms on the average, a purchase ${n("services/gateway/admission.ts", "IN_TIME_MS.buying")}, the process ${n("services/gateway/admission.ts", "LOOP_IN_TIME_MS")})`,
	],
	[OPERATING, `counted every ${s("mixins/events/sampled.ts", "SAMPLE_MS")} s`],
	[OPERATING, `an attempt ends after ${s("services/users/mail/poster.ts", "SENDING_MS_MAX")} s`],
	[OPERATING, `${n("mixins/retention/clear-away.ts", "BATCH_MAX")} rows at a time`],
	[OPERATING, `and ends within ${s("node/start.ts", "STOP_MS_MAX")} s`],
	[
		MIXINS,
		`(${inWords(delays.length)}, about ${inWords(Math.round(delays.reduce((sum, ms) => sum + ms, 0) / 60_000))} minutes in all)`,
	],
	[MIXINS, `is one after ${inWords(number(SUSPECTS, "RETURNS_MAX") + number(SUSPECTS, "DEATHS_MAX"))} deaths at most`],
	[
		"docs/front-end.md",
		`${n(APOLLO, "defaultLimits.characters")} characters, ${n(APOLLO, "defaultLimits.tokens")} tokens, ${n(APOLLO, "defaultLimits.depth")} levels, ${n(APOLLO, "defaultLimits.aliases")} aliases`,
	],
	["README.md", `after about ${n("node/reach.ts", "PATIENCE.attempts")} attempts`],
	["docker-compose.yml", `with pools of ${inWords(Math.max(...shares))}`],
	[ARCHITECTURE, `makes ${bugs.length} mistakes in a copy of the tree`],
];

test.each(figures)("%s says as the code does: %s", (document, sentence) => {
	expect(inOneLine(read(document))).toContain(inOneLine(sentence));
});
