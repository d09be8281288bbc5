import type { Explanation } from "./explained";

/** Said of those with which the named test was seen to fail. */
const failsIn = (suite: string, test: string): string => `tests/mixins/${suite}.int.test.ts fails with it: "${test}"`;

const MANY =
	"it takes more than 64 sagas on one node at once, and a simulation has seven orders; saga.int.test.ts has 100 of them: " +
	'"more sagas than one node works on at once wait for room"';
const LATER =
	"what is not driven at once is taken up by the next sweep, or when its lease is over: it ends as it should, some " +
	"seconds later, and only 15 s are promised";
const VERSIONS = "it takes two versions of the program: saga-versions.int.test.ts has them";
const OPERATOR = "only an operator's decision comes by, and few plans have one: saga-operator.int.test.ts";
const LOGGED = "a line of the node's log is all that changes";
const ASKS_MORE = "a statement more is asked, which changes nothing where there is nothing to renew or to place";
const LOG_GROWS = failsIn("saga", "waiting adds two lines to the log, however long it takes");
const LEASES = failsIn("saga-takeover", "a saga whose lease is renewed is left alone");
const SAME = "where the condition does not hold, what follows comes to the same: there is nothing of that name";
const PASSED =
	"the address that a step passes on is asked for by no plan; tests/journeys/buying.int.test.ts fails with it";

const RESTARTED = "a call to a node that has started anew runs into its own time limit instead: some seconds later";
const OLD = "what is cleared away is older than any simulation; tests/journeys/retention.int.test.ts is about it";
const BETWEEN_LOOKS =
	"the statement before has asked the same: it takes a saga that moves on between two statements of one transaction";

const inEngine = (at: string, why: string, to?: string): Explanation => ({
	file: "mixins/saga/engine.ts",
	at,
	why,
	...(to !== undefined && { to }),
});

const inMixin = (at: string, why: string): Explanation => ({ file: "mixins/saga/saga.mixin.ts", at, why });

/** Of sagas. */
export const explainedInSagas: readonly Explanation[] = [
	inEngine(".finally(() =>", failsIn("saga", "more sagas than one node works on at once wait for room")),
	inEngine("«driving.get(row.saga_id) === run»", MANY, "false"),
	inEngine("«driving.get(row.saga_id) === run»", MANY, "driving.get(row.saga_id) !== run"),
	inEngine(
		"«driving.get(row.saga_id) === run»",
		'saga-takeover.int.test.ts is about it: "a node that takes back its own saga after a lost lease still renews it"',
		"true",
	),
	inEngine("let crowded", MANY),
	inEngine("«crowded && driving.size", MANY),
	inEngine("(crowded = true)", MANY),
	inEngine("crowded = «false»", MANY),
	inEngine("crowded ||=", MANY),
	inEngine("const hasRoom = ", `${MANY}; where there was room, ${LATER}`),
	inEngine("const room = ", MANY),
	inEngine("«room <= 0 || draining»", MANY),
	inEngine("«room <= 0»", MANY),
	inEngine("if («hasRoom») tx.afterCommit(() => drive(row))", MANY, "true"),
	inEngine("if («hasRoom») tx.afterCommit(() => drive(row))", LATER, "false"),
	inEngine("tx.afterCommit(«() => drive(row)»)", LATER),
	inEngine("sweepIn(next.afterMs)", LATER),
	inEngine("const sweepIn = ", LATER),
	inEngine("const timer = setTimeout(", LATER),
	inEngine("«ms + CLOCKS_APART_MS»", LATER),
	inEngine("return «waitMs === undefined", LATER),
	inEngine("pauseOf(next: Next)", LATER),
	inEngine('if («next.kind === "try again"») return next.afterMs', LATER),
	inEngine('«next.kind === "hand over"» ? 0 : undefined', VERSIONS),
	inEngine("«row && !draining»", "a node that stops lets go of its sagas a step later"),
	inEngine("store.wait(tx, moved", LOG_GROWS),
	inEngine("const passed = ", PASSED),
	inEngine(
		"«!isOurs»",
		failsIn("saga-takeover", "a node that has lost its saga asks nobody for the next step"),
		"false",
	),
	inEngine('moved.status === "NEEDS_OPERATOR"', LOGGED),
	inEngine("const place = ", VERSIONS),
	inEngine("if («rows.length === 0») return;", VERSIONS, "true"),
	inEngine("if («rows.length === 0») return;", VERSIONS, "rows.length !== 0"),
	inEngine("if («rows.length === 0») return;", ASKS_MORE, "false"),
	inEngine("for (const row of rows)", VERSIONS),
	inEngine(
		"row.waited_ms = ",
		"past the pivot nobody waits for an hour in a simulation: saga.int.test.ts has a shorter one",
	),
	inEngine("«row.step < 0»", VERSIONS),
	inEngine("const operating", OPERATOR),
	inEngine("act: «", OPERATOR),
	inEngine("async strand()", VERSIONS),
	inEngine("heardOf: «", RESTARTED),
	inEngine("evenIfLeased = «false»", LEASES),
	inEngine(
		"«[startLine(definitions.get(row.saga)!, row)]»",
		"the log lacks the line of who took over: saga-takeover.int.test.ts",
	),
	inEngine("async renew()", LEASES),
	inEngine("if («driving.size > 0»)", ASKS_MORE, "true"),
	inEngine("if («driving.size > 0»)", LEASES, "false"),
	inEngine("if («driving.size > 0»)", ASKS_MORE, "driving.size >= 0"),
	inEngine("if («driving.size > 0»)", LEASES, "driving.size <= 0"),
	inEngine("«[...driving.keys()]»", LEASES),
	inEngine("«{ timeout: step.timeoutMs", "an answer that never comes is given up by the broker's own limit: later"),
	inEngine(
		"driving.size <= «CONCURRENCY_MAX / 2»",
		"what has waited for room is taken up by the next sweep, a second later at the most",
	),
	inEngine(
		"«driving.size <= CONCURRENCY_MAX / 2»",
		"what has waited for room is taken up by the next sweep, a second later",
	),
	inEngine(
		"«isPassing(second)»",
		"it takes a connection that is lost just when a table has refused a transition, and no table of the shop's does",
		"false",
	),
	inMixin("const timers: NodeJS.Timeout[] = «[]»", "to clear what is no timer does nothing"),
	inMixin("const heard = ", RESTARTED),
	inMixin('«{ "$node.connected": heard', RESTARTED),
	inMixin("«(error: Error) => service.logger.warn", LOGGED),
	inMixin("«() => void engine!.sweep()»", LATER),
	inMixin("«() => started.strand()»", VERSIONS),
	inMixin("«() => retention.sweep(options.historyDays)»", OLD),
	{ file: "mixins/saga/retention.ts", at: "sagaRetention(", why: OLD },
	{ file: "mixins/saga/retention.ts", at: "sweep: ", why: OLD },
	{
		file: "mixins/saga/retention.ts",
		at: "«!ended.has(id)»",
		to: "true",
		why: "what is over has been removed, and is not asked about again",
	},
	{
		file: "mixins/saga/retention.ts",
		at: "«unfinished.size > UNFINISHED_MAX»",
		why: "it takes 10,000 sagas that wait for an operator at once",
	},
	{
		file: "mixins/saga/participant.mixin.ts",
		at: "«{ sagaIds }»",
		why: "its owner refuses to be asked without them: tests/services/payments.int.test.ts is about it",
	},
	{ file: "mixins/saga/participant.mixin.ts", at: ".catch((error: Error) =>", why: LOGGED },
	{
		file: "mixins/saga/store.ts",
		at: "«row.epoch++»",
		why: "it takes a driver of an epoch before that is still at it when an operator decides, hours later",
	},
	{
		file: "mixins/saga/store.ts",
		at: "«detail === undefined»",
		to: "false",
		why: "nothing is written as nothing either way",
	},
	{ file: "mixins/saga/unknown-steps.ts", at: "«rows.size === 0»", to: "false", why: ASKS_MORE },
	{ file: "mixins/saga/unknown-steps.ts", at: "return «[]»", why: LOGGED },
	{ file: "mixins/saga/unknown-steps.ts", at: "const lost: string[] = «[]»", why: LOGGED },
	{ file: "mixins/saga/unknown-steps.ts", at: "store.found(known", why: LOGGED },
	{ file: "mixins/saga/unknown-steps.ts", at: "const isKnown", why: BETWEEN_LOOKS },
	{ file: "mixins/saga/unknown-steps.ts", at: "known.some(", why: BETWEEN_LOOKS },
	{ file: "mixins/saga/unknown-steps.ts", at: "«isKnown(row, step)»", to: "false", why: BETWEEN_LOOKS },
	{
		file: "mixins/saga/calls.ts",
		at: "«instanceID !== null»",
		to: "true",
		why: "a node whose instance is not known yet is taken for a new one when it is: who waits for it asks again",
	},
	{
		file: "mixins/saga/calls.ts",
		at: "} finally",
		why: "what is over stays in memory, and to give it up does nothing; nothing can be seen of it from outside",
	},
	{
		file: "mixins/saga/store.ts",
		at: "«performance.now() - read_at_ms > ms_left»",
		to: "performance.now() - read_at_ms >= ms_left",
		why: "no two moments are the same",
	},
	{ file: "mixins/saga/unknown-steps.ts", at: "«last !== undefined» && isUnknown(last)", to: "true", why: SAME },
	{ file: "mixins/saga/unknown-steps.ts", at: '«next.kind === "go on"» ? next.step', to: "true", why: SAME },
	{ file: "mixins/saga/moves.ts", at: '«answer.kind === "succeeded"» ? { ...row.data', to: "true", why: SAME },
	{ file: "mixins/saga/moves.ts", at: '«next.kind === "finish"» && next.status', to: "true", why: SAME },
	{ file: "mixins/saga/moves.ts", at: 'if («next.kind !== "finish"») return [];', to: "false", why: SAME },
	{ file: "mixins/saga/definition.ts", at: "«pivotAt < 0» ? kinds", to: "false", why: SAME },
	{ file: "mixins/saga/definition.ts", at: "«pivotAt >= 0» && beforePivot", to: "pivotAt > 0", why: SAME },
	{
		file: "mixins/saga/calls.ts",
		at: "«before === undefined»",
		to: "false",
		why: "nobody waits for a node that was never heard of",
	},
	{
		file: "mixins/saga/diagram.ts",
		why: "a drawing in a document, which tests/sagas.test.ts compares with the one that is kept",
	},
	{ file: "mixins/saga/operator.ts", why: OPERATOR },
	{ file: "mixins/saga/operator.actions.ts", why: OPERATOR },
	{ file: "mixins/saga/errors.ts", why: OPERATOR },
	{ file: "mixins/saga/looking.ts", why: OPERATOR },
];
