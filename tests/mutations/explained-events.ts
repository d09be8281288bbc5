import type { Explanation } from "./explained";

const ONE_MS = "it differs in one millisecond";
const LINE_OF_THE_LOG = "it is a line of the log";
const CUTS_NOTHING = "what is short enough is cut to its whole length";

const events = (file: string, at: string, to: string, why: string): Explanation => ({
	file: `mixins/events/${file}`,
	at,
	to,
	why,
});

/** Of events and their consumers. */
export const explainedInEvents: readonly Explanation[] = [
	events("envelope.ts", "slice(0, 200)", "(error as Error).message", "V8 quotes no more than a few characters itself"),
	events("failure.ts", "«bytes.length <= bytesMax»", "bytes.length < bytesMax", CUTS_NOTHING),
	events("failure.ts", "«bytes.length <= bytesMax»", "false", CUTS_NOTHING),
	events("lane.ts", "if («suspects > 0»)", "true", "a count below zero says the same as zero"),
	events("lane.ts", "if («suspects > 0»)", "suspects >= 0", "a count below zero says the same as zero"),
	events(
		"lane.ts",
		"if («!working»)",
		"true",
		"what has not begun is left before the transaction in work, and not after it",
	),
	events(
		"lanes.ts",
		"«hash * 31 + aggregateId",
		"hash * 31 - aggregateId.charCodeAt(index)",
		"it is another hash, as good",
	),
	events("rabbitmq/batch.ts", "«{ length: size }»", "{}", "it is filled by its indexes anyway"),
	events("meters.ts", "«!metrics.isEnabled()»", "false", "Moleculer's registry does nothing then either"),
	events("rabbitmq/acknowledgements.ts", "«tag < first»", "tag <= first", "what is in hand does not wait"),
	events(
		"rabbitmq/slots.ts",
		"«line.size > 0»",
		"false",
		"while a slot is free nobody is in line: it goes to the next at once",
	),
	events("receive.ts", "«ageDays < -AHEAD_DAYS_MAX»", "ageDays <= -AHEAD_DAYS_MAX", ONE_MS),
	events("receive.ts", "«ageDays > rememberedDays(id)»", "ageDays >= rememberedDays(id)", ONE_MS),
	events(
		"topology.ts",
		"«index - 1»",
		"index + 1",
		"of two that say the same the first one is left out, and not the second",
	),
	events(
		"verdict.ts",
		"«isPassing(error)»",
		"false",
		"what passes has no code of a client's fault, and is tried again for that",
	),
	events(
		"rabbitmq/consumer.ts",
		"if («acks.ended()») return;",
		"false",
		"where a channel is over no answer is sent anyway",
	),
	events(
		"rabbitmq/consumer.ts",
		"«() => inWork.delete(tracked)»",
		"() => undefined",
		"what is over holds nobody up; it stays in memory until the consumer stops, which no test weighs",
	),
	events(
		"rabbitmq/consumer.ts",
		"const running: Promise<void>[] = «[]»",
		'["Stryker was here"]',
		"what is no promise holds nobody up",
	),
	events("handling.ts", "«received.length === 1»", "false", "one is in order by itself"),
	events("handling.ts", "«() => false»", "() => undefined", "neither is a reason to wait"),
	events(
		"handling.ts",
		"«one.aggregateId === other.aggregateId»",
		"false",
		"of two that are equal the one that came later stays behind the other either way",
	),
	events(
		"handling.ts",
		"«one.aggregateId < other.aggregateId»",
		"one.aggregateId <= other.aggregateId",
		"two that are equal are told apart before",
	),
	events("receiver.ts", "«eventId === undefined»", "false", "what is no text is no UUID"),
	events("receiver.ts", "ignores an event of an unknown type", "{}", LINE_OF_THE_LOG),
	...["true", "false", "row!.undone >= 0", "row!.undone <= 0"].map((to) =>
		events("days.ts", "if («row!.undone > 0»)", to, LINE_OF_THE_LOG),
	),
	events("unknown-aggregate.ts", "«true»", "false", "what nobody has foreseen is tried again as well"),
];
