import type { Explanation } from "./explained";

const LATER =
	"what is not read at once is found when the leases are renewed, or by the look at everything: some seconds later at the most";
const ASKS_MORE =
	"it is asked once more, or from further back, for what is in memory already or not there: the answer changes nothing";
const NO_MOMENT = "it differs in one instant of the clock";
const UNREAD = "it is replaced before anybody reads it";
const ALONE = "no other service listens to this outbox's hints";
const FORGOTTEN_WITH_TROUBLE = "when trouble begins, what waits in memory is forgotten: there is nothing to send";
const ENDS_LATER = "it ends after the pause that it is in, a second at the most";
const LOGGED = "a line of the node's log is all that changes";
const NEVER_STARTED =
	"a service is stopped before it has started only where another one of its node can't start, and the process ends then";
const TAKEN_BACK =
	"a route with nothing left to try it with is taken back as well, and one that was taken back too soon is put aside by its next batch";

const outbox = (file: string, at: string, why: string, to?: string): Explanation => ({
	file: `mixins/outbox/${file}`,
	at,
	why,
	...(to !== undefined && { to }),
});

/** Of the outbox. */
export const explainedInOutboxes: readonly Explanation[] = [
	outbox(
		"leases.ts",
		"let held: readonly number[] = «[]»",
		"what is held counts until a moment, which has passed at first",
	),
	outbox("leases.ts", "«performance.now() < heldUntilMs»", NO_MOMENT, "performance.now() <= heldUntilMs"),
	outbox("operations.ts", "«[this.name]»", ALONE),
	outbox("operations.ts", "async stopped() «{…", "it counts once more in a process that ends"),
	outbox("operations.ts", "(error) => «{…", LOGGED),
	outbox("outbox.mixin.ts", "«[this.name]»", ALONE),
	outbox("outbox.mixin.ts", "if («!worker») return", NEVER_STARTED),
	outbox("outbox.mixin.ts", "«share?.stop»()", NEVER_STARTED),
	outbox("outbox.mixin.ts", "[wakeEvent](ctx: { params: Place }) «{…", LATER),
	outbox("outbox.mixin.ts", "«leases.mine().includes(ctx.params.partition)»", LATER, "false"),
	outbox("outbox.mixin.ts", "«leases.mine().includes(ctx.params.partition)»", ASKS_MORE, "true"),
	outbox("relay.ts", "return «false»;", "the pause of the trouble comes first", "true"),
	outbox(
		"relay.ts",
		"const rows = await («without.length === 0»",
		"what waits aside is read as well, and forgotten again: it is only work",
		"true",
	),
	outbox("relay.ts", "else if («confirmed.length > 0») takeBack(route)", TAKEN_BACK),
	outbox("relay.ts", "read: «() => read.all()»", ASKS_MORE),
	outbox("remover.ts", "const AGAIN = ", "the pauses between its attempts are shorter"),
	outbox("remover.ts", "pauseAfter(«++failures», AGAIN)", "the pauses between its attempts are shorter"),
	outbox("remover.ts", "«{ signal: stopping.signal }»", ENDS_LATER),
	outbox("share.ts", "let isOut = «false»", LOGGED),
	outbox(
		"share.ts",
		"«(isOut ? BACK_MS : RENEW_MS) - (performance.now() - lookedMs)»",
		"the next renewal comes later by as much as the last one took",
	),
	outbox("share.ts", "«(error: Error) => log.warn(", LOGGED),
	outbox("share.ts", "if («isOut») log.info(", LOGGED),
	outbox(
		"share.ts",
		"«performance.now() - cutOffAtMs < CUT_OFF_MS»",
		NO_MOMENT,
		"performance.now() - cutOffAtMs <= CUT_OFF_MS",
	),
	outbox("relay.ts", "let running = «false»", UNREAD),
	outbox("relay.ts", "let ours: readonly number[] = «[]»", UNREAD),
	outbox("relay.ts", "if («!hadRoom && hasRoom()») bell.ring()", ASKS_MORE, "true"),
	outbox("relay.ts", "if («!hadRoom && hasRoom()») bell.ring()", ASKS_MORE, "!hadRoom || hasRoom()"),
	outbox("relay.ts", "if («!hadRoom && hasRoom()») bell.ring()", LATER, "false"),
	outbox("relay.ts", "if («!hadRoom» && hasRoom()) bell.ring()", LATER),
	outbox(
		"relay.ts",
		"«held.size <= HELD_MAX - BATCH_MAX / 2»",
		"one event more or less in memory",
		"held.size < HELD_MAX - BATCH_MAX / 2",
	),
	outbox("relay.ts", "if («troubledMs > 0»)", NO_MOMENT, "troubledMs >= 0"),
	outbox("relay.ts", "if («mayBeMore && hasRoom()») continue", LATER, "false"),
	outbox("relay.ts", "if («isFull») read.reset()", ASKS_MORE, "true"),
	outbox("relay.ts", "if («isFull») sweep.done(", ASKS_MORE, "false"),
	outbox("relay.ts", "if («mine === ours») return ours", "it lets go of what is not its own, and all is", "false"),
	outbox("relay.ts", "const kept = «rows.filter(", "send lets go of what others own before anything leaves"),
	outbox("relay.ts", "count.set(row.partition, ", LATER),
	outbox("relay.ts", "for (const row of kept) «{…", LATER),
	outbox("relay.ts", "if («!outOfTurn.has(row.aggregate_id)») continue", LATER, "true"),
	outbox("relay.ts", "if («!outOfTurn.has(row.aggregate_id)») continue", LATER, "outOfTurn.has(row.aggregate_id)"),
	outbox("relay.ts", "if («!outOfTurn.has(row.aggregate_id)») continue", ASKS_MORE, "false"),
	outbox("relay.ts", "«row.earlier_seq === null» ? row.seq", ASKS_MORE, "false"),
	outbox("relay.ts", "return «outOfTurn.size > 0 || ", LATER),
	outbox("relay.ts", "return «outOfTurn.size > 0» || ", LATER, "false"),
	outbox("relay.ts", "return outOfTurn.size > 0 || «[...count.values()]»", LATER),
	outbox("relay.ts", ".some(«(rowsOfOne) => rowsOfOne >= each»)", LATER),
	outbox("relay.ts", ".some((rowsOfOne) => «rowsOfOne >= each»)", LATER, "false"),
	outbox("relay.ts", ".some((rowsOfOne) => «rowsOfOne >= each»)", LATER, "rowsOfOne > each"),
	outbox("relay.ts", ".some((rowsOfOne) => «rowsOfOne >= each»)", ASKS_MORE, "true"),
	outbox("relay.ts", ".some((rowsOfOne) => «rowsOfOne >= each»)", ASKS_MORE, "rowsOfOne < each"),
	outbox("relay.ts", "if (!running || «performance.now() < troubledUntilMs») return", FORGOTTEN_WITH_TROUBLE),
	outbox("relay.ts", "if («row.attempts > 0») read.lower(", LATER, "false"),
	outbox("relay.ts", "if («row.attempts > 0») read.lower(", LATER, "row.attempts <= 0"),
	outbox("relay.ts", "if («row.attempts > 0») read.lower(", ASKS_MORE),
	outbox("relay.ts", "if («confirmed.length > 0») removing.remove(confirmed)", "of nothing nothing is removed"),
	outbox("relay.ts", "if («refused.length > 0») await postpone(refused)", "of nothing nothing is postponed", "true"),
	outbox(
		"relay.ts",
		"if («refused.length > 0») await postpone(refused)",
		"of nothing nothing is postponed",
		"refused.length >= 0",
	),
	outbox(
		"relay.ts",
		"else if («routeReason === undefined») failures = 0",
		"the pauses of the next trouble begin short, or long: a second at the most",
	),
	outbox("relay.ts", "«() => wake(row)»", LATER),
	outbox(
		"relay.ts",
		"held.forgetIdle(«() => true»)",
		"what is in memory still is sent from there when the trouble is over, instead of being read again",
	),
	outbox(
		"relay.ts",
		"held.forgetIdle(() => «true»)",
		"what is in memory still is sent from there when the trouble is over, instead of being read again",
	),
	outbox(
		"relay.ts",
		"if («performance.now() < troubledUntilMs») return",
		NO_MOMENT,
		"performance.now() <= troubledUntilMs",
	),
	outbox("relay.ts", "if («isWaiting») bell.ring()", ASKS_MORE, "true"),
	outbox("relay.ts", "bell.ring(«{ evenIfDeaf: true }»)", ENDS_LATER),
	outbox("relay.ts", "bell.ring({ evenIfDeaf: «true» })", ENDS_LATER),
];
