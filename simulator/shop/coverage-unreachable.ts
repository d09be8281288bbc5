import type { Unreachable } from "../world/coverage";

const GUESTS = "nobody shops as a guest, and nobody registers";
const OPERATORS = "only an operator does it, and there is none";
const READING = "front ends read it, and nothing follows from it";
const OLD = "what is cleared away is older than any simulation";
const POISON = "no event is poisonous, so none becomes a dead letter";
const FAILING = "who is late, locked or gone is away; only the provider fails, and only when it is to authorise";
const VERSIONS = "no other version of the program runs beside it";

const statements = (why: string, names: readonly string[]): Unreachable[] =>
	names.map((what) => ({ heading: "statement", what, why }));

/** What the simulation can't reach, and why. What is reached nevertheless is not looked up here. */
export const UNREACHABLE: readonly Unreachable[] = [
	{
		heading: "saga",
		what: "* NEEDS_OPERATOR",
		why: "time heals all that a plan does; where it is reached I2 is broken",
	},
	{ heading: "saga", what: "cancellation COMPENS*", why: "it has only steps that are repeated" },
	{ heading: "saga", what: "giving back by hand *", why: OPERATORS },
	{ heading: "saga's step", what: "give back what is held: *", why: OPERATORS },
	{ heading: "saga's step", what: "* UNKNOWN", why: VERSIONS },
	{ heading: "saga's step", what: "* FAILED", why: FAILING },
	{ heading: "saga's step", what: "*: undo REFUSED", why: "an undo tolerates all that it finds" },
	{
		heading: "saga's step",
		what: "capture the payment: do REFUSED",
		why: "the provider captures what it has authorised",
	},
	{ heading: "saga's step", what: "refund the payment: do REFUSED", why: "the provider refunds what it has captured" },
	{ heading: "participant's answer", what: "cart * NEVER_HAPPENED", why: "a cart is frozen before its saga begins" },
	{ heading: "order's payment", what: "VOIDED", why: "only after an operator has given the capture up" },
	{ heading: "cart", what: "MERGED", why: GUESTS },
	{ heading: "event published", what: "UserRegistered", why: GUESTS },
	...statements(GUESTS, ["cart.accept", "cart.active_of", "cart.being_ordered_of", "cart.move_items"]),
	...statements("shoppers only put things in", ["cart.remove_all", "cart.remove_item", "cart.set_quantity"]),
	...statements(OPERATORS, [
		"*.discards.*",
		"*.inbox.handled",
		"*.outbox.discard",
		"*.outbox.failing",
		"*.outbox.read_one",
		"*.outbox.retry",
		"*.outbox.status",
		"*.saga.list_*",
		"*.saga.lock",
		"*.saga.one",
		"*.saga.over",
		"*.saga.resume",
		"*.saga.timeline",
		"events.letters.touch",
		"payments.note_by_hand",
	]),
	...statements(POISON, ["*.missed.bury", "*.missed.unbury"]),
	...statements(VERSIONS, ["*.saga.strand"]),
	...statements(OLD, ["*.participant.old", "*.participant.prune_over", "*.saga.prune"]),
	...statements("a filled catalogue is no part of it", ["catalog.seed.*", "catalog.category_insert"]),
	...statements(READING, [
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
