/** A mistake that the tests must notice. */
export interface PlantedBug {
	/** Also the name of its patch in this folder, with dashes. */
	name: string;
	/** The file below tests/ that notices it. */
	suite: string;
	/** The tests of it that are run, by a part of their names; the others would only repeat what these find. */
	tests: string;
}

const PROCESSES = "faults/processes.int.test.ts";
const LOSSES = "faults/losses.int.test.ts";
const MESSAGES = "faults/messages.int.test.ts";
const OVERDUE = "mixins/overdue-events.int.test.ts";
const CONSUMING = "mixins/events-mixin.int.test.ts";
const TAKEOVER = "mixins/saga-takeover.int.test.ts";
const CALLS = "node/calls-between-nodes.int.test.ts";
const SHOPPERS = "crowds/shoppers.int.test.ts";
const RETENTION = "journeys/retention.int.test.ts";
const SAGA = "mixins/saga.int.test.ts";
const BY_HAND = "journeys/settled-by-hand.int.test.ts";
const MEETINGS = "crowds/meetings.int.test.ts";
const LOST_CONSUMERS = "mixins/lost-consumers.int.test.ts";
const PAYING = "journeys/paying.int.test.ts";

/** In the events between services. */
const inEvents: PlantedBug[] = [
	{ name: "acknowledge before commit", suite: PROCESSES, tests: "a reader is killed" },
	{ name: "no mandatory", suite: LOSSES, tests: "no queue is bound" },
	{ name: "publish before commit", suite: PROCESSES, tests: "four relays" },
	{ name: "inbox row outside the transaction", suite: MESSAGES, tests: "a reader fails" },
	{ name: "no lease check", suite: PROCESSES, tests: "four relays" },
	{ name: "no order in the read", suite: PROCESSES, tests: "four relays" },
	{ name: "remove before confirm", suite: "faults/broker.int.test.ts", tests: "kill -9" },
	{ name: "retry by requeue", suite: MESSAGES, tests: "fails each time" },
	{ name: "shared delay queue", suite: MESSAGES, tests: "somebody else's" },
	{ name: "dead letter without its error", suite: MESSAGES, tests: "can't be understood" },
	{ name: "failure that never ends", suite: OVERDUE, tests: "comes back although its delay queue was deleted" },
	{ name: "copies behind a long queue", suite: OVERDUE, tests: "is not copied while it waits in a long queue" },
	{ name: "compared only once", suite: "mixins/missed-events.int.test.ts", tests: "behind what was compared" },
	{ name: "id as it came", suite: CONSUMING, tests: "whose ids are in capitals" },
	{ name: "timeless id that never ages", suite: CONSUMING, tests: "an id without a time" },
];

/** In what publishes them. */
const inPublishing: PlantedBug[] = [
	{
		name: "channel closed while opening",
		suite: "mixins/rabbitmq-opening.int.test.ts",
		tests: "with the channel of who looks at dead letters",
	},
	{
		name: "silent queue as trouble of the broker",
		suite: "mixins/outbox-routes.int.test.ts",
		tests: "fits into memory",
	},
	{
		name: "silent queue on the common channel",
		suite: "mixins/rabbitmq-silence.int.test.ts",
		tests: "stops reading the connection",
	},
	{ name: "hook that fails the commit", suite: "mixins/database.int.test.ts", tests: "when a hook throws" },
	{ name: "leases kept while cut off", suite: "mixins/outbox-cut-off.int.test.ts", tests: "one of them" },
];

/** In what is consumed while a node or its servers are in trouble. */
const inConsuming: PlantedBug[] = [
	{ name: "unknown types are done", suite: "mixins/releases.int.test.ts", tests: "one more type" },
	{ name: "database that closes first", suite: "architecture.test.ts", tests: "opens its database first" },
	{ name: "hoard while the database is away", suite: "mixins/cut-off-consumers.int.test.ts", tests: "silent" },
	{ name: "a lost connection counts", suite: LOST_CONSUMERS, tests: "are no dead letters" },
	{ name: "no count of deaths", suite: LOST_CONSUMERS, tests: "so many processes" },
	{ name: "another limit is a conflict", suite: "mixins/rabbitmq-topology.int.test.ts", tests: "is used as it is" },
];

/** In the calls between nodes. */
const inCalls: PlantedBug[] = [
	{ name: "a killed node is waited for", suite: CALLS, tests: "who waits for a node that was killed" },
	{ name: "done again when delivered again", suite: CALLS, tests: "is done once" },
];

/** In the saga, the stock and the payments. */
const inCheckout: PlantedBug[] = [
	{ name: "undo in forward order", suite: SAGA, tests: "in reverse order" },
	{ name: "no epoch check", suite: TAKEOVER, tests: "a frozen node" },
	{ name: "operation id made anew", suite: "crash/failpoints.int.test.ts", tests: "a node that dies" },
	{ name: "read then write stock", suite: SHOPPERS, tests: "a crowd of shoppers" },
	{ name: "unsorted locks", suite: MEETINGS, tests: "in opposite orders" },
	{ name: "a cut-off node takes what is due", suite: TAKEOVER, tests: "leaves what is due" },
	{ name: "lease that never expires", suite: TAKEOVER, tests: "a log that tells of it" },
	{ name: "capture before the pivot", suite: "journeys/time.int.test.ts", tests: "nothing is paid" },
	{ name: "key not scoped to its user", suite: PAYING, tests: "a key is good for one request" },
	{ name: "log that grows with waiting", suite: SAGA, tests: "waiting adds two lines" },
	{ name: "waiting without an end", suite: SAGA, tests: "past the pivot an operator is asked" },
	{
		name: "undo past an unknown step",
		suite: "mixins/saga-versions.int.test.ts",
		tests: "an old node that turns round",
	},
	{ name: "pruned by age alone", suite: "mixins/participant.int.test.ts", tests: "as long as the saga is not over" },
	{ name: "refund that waits for ever", suite: BY_HAND, tests: "a decision that payments was not told of" },
	{ name: "decision that nobody hears of", suite: BY_HAND, tests: "a capture that was made by hand" },
	{
		name: "undo that is only left out",
		suite: "journeys/undone-by-hand.int.test.ts",
		tests: "stock that has no end any more",
	},
	{
		name: "approval of a declined payment",
		suite: "journeys/several-attempts.int.test.ts",
		tests: "one that is declined",
	},
];

/** In what is cleared away. */
const inRetention: PlantedBug[] = [
	{ name: "checkout key that is forgotten", suite: RETENTION, tests: "the key of a checkout is good for ever" },
	{ name: "cart of a user cleared away", suite: RETENTION, tests: "and no other's" },
	{ name: "held stock forgotten too soon", suite: RETENTION, tests: "a cart that is being ordered stays" },
	{
		name: "forgotten key without an answer",
		suite: "mixins/idempotency.int.test.ts",
		tests: "forgotten for its age just when it is repeated",
	},
];

const WHICH_SHOP = "node/which-shop.int.test.ts";

/** In what keeps two shops apart. */
const betweenShops: PlantedBug[] = [
	{ name: "any virtual host will do", suite: WHICH_SHOP, tests: "of two that start there at once" },
	{ name: "a new database joins any shop", suite: WHICH_SHOP, tests: "of two that start there at once" },
	{ name: "a new connection is trusted", suite: "mixins/rabbitmq-claims.int.test.ts", tests: "cut off while" },
	{ name: "one cache for all shops", suite: "node/shared-redis.int.test.ts", tests: "see nothing of what" },
];

/** In who waits for whom in the database. */
const inWaiting: PlantedBug[] = [
	{
		name: "who waits for locks may take the whole pool",
		suite: "mixins/database-shares.int.test.ts",
		tests: "two are others'",
	},
	{ name: "everybody waits for what is held", suite: "mixins/database-shares.int.test.ts", tests: "by one at a time" },
	{ name: "lease renewal that waits for a lock", suite: TAKEOVER, tests: "a stranger has locked" },
	{ name: "secure decides before it locks", suite: MEETINGS, tests: "two that secure" },
];

export const bugs: PlantedBug[] = [
	...inEvents,
	...inCheckout,
	...inRetention,
	...betweenShops,
	...inWaiting,
	...inPublishing,
	...inConsuming,
	...inCalls,
];

export function patchOf({ name }: { name: string }): string {
	return `${name.replaceAll(" ", "-")}.patch`;
}
