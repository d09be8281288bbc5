import type { Unreachable } from "../world/coverage";

const ACCOUNTS = "nobody registers: shoppers have their accounts already";
const OUTBOXES = "what is dead in an outbox is a day old, so no operator looks into one";
const READING = "front ends read it, and nothing follows from it";
const OLD = "what is cleared away is older than any simulation";
const QUIET = "an outbox is passed over after ten minutes without an event";
const POISON = "what nobody can read is no event, and of the events none becomes a dead letter";
const FAILING = "who is late, locked or gone is away; only what a book refuses has failed";
const VERSIONS = "no version beside it lacks a step";
const PIVOT = "before the pivot an operator can decide nothing";
const ANSWERS = "payments, cart and catalog take note of any decision";

const statements = (why: string, names: readonly string[]): Unreachable[] =>
	names.map((what) => ({ heading: "statement", what, why }));

/** What the simulation can't reach, and why. What is reached nevertheless is not looked up here. */
export const UNREACHABLE: readonly Unreachable[] = [
	{ heading: "saga", what: "cancellation COMPENS*", why: "it has only steps that are repeated" },
	{ heading: "saga", what: "* by hand COMPENS*", why: "it has only steps that are repeated" },
	{ heading: "saga", what: "settlement by hand NEEDS_OPERATOR", why: ANSWERS },
	{ heading: "saga's step", what: "tell payments: do *", why: ANSWERS },
	{ heading: "saga's step", what: "give back what is held: do REFUSED", why: ANSWERS },
	{ heading: "saga's step", what: "give back what is held: do SKIPPED", why: "whoever decides only has it retried" },
	{ heading: "saga's step", what: "give back what is held: do COMPLETED*", why: "whoever decides only has it retried" },
	{ heading: "saga's step", what: "* UNKNOWN", why: VERSIONS },
	...["RETRIED", "SKIPPED", "COMPLETED_BY_HAND"].flatMap((what) =>
		["reserve the stock", "authorise the payment", "confirm the order"].map((step) => ({
			heading: "saga's step",
			what: `${step}: do ${what}`,
			why: PIVOT,
		})),
	),
	{ heading: "saga's step", what: "* FAILED", why: FAILING },
	{ heading: "saga's step", what: "*: undo REFUSED", why: "an undo tolerates all that it finds" },
	{
		heading: "saga's step",
		what: "capture the payment: do REFUSED",
		why: "the provider captures what it has authorised",
	},
	{ heading: "saga's step", what: "refund the payment: do REFUSED", why: "the provider refunds what it has captured" },
	{ heading: "participant's answer", what: "cart * NEVER_HAPPENED", why: "a cart is frozen before its saga begins" },
	{ heading: "event published", what: "UserRegistered", why: ACCOUNTS },
	...statements("shoppers only put things in", [
		"cart.accept",
		"cart.remove_all",
		"cart.remove_item",
		"cart.set_quantity",
	]),
	...statements(OUTBOXES, [
		"*.outbox.discard",
		"*.outbox.failing",
		"*.outbox.read_one",
		"*.outbox.retry",
		"*.outbox.status",
		"events.letters.touch",
	]),
	...statements(POISON, ["*.missed.bury", "*.missed.unbury", "*.inbox.handled"]),
	...statements(QUIET, ["*.outbox.complete_until"]),
	...statements(VERSIONS, ["*.saga.strand"]),
	...statements(OLD, ["*.participant.old", "*.participant.prune_over", "*.saga.prune"]),
	...statements("a filled catalogue is no part of it", ["catalog.seed.*", "catalog.category_insert"]),
	...statements(READING, [
		"cart.being_ordered_of",
		"catalog.categories*",
		"catalog.children_of",
		"catalog.count.*",
		"catalog.facets.*",
		"catalog.held_by*",
		"catalog.known_words",
		"catalog.list.*",
		"catalog.movement*",
		"catalog.product",
		"orders.by_ids",
	]),
];
