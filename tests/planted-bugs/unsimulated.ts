const OTHER_SHOPS = "it takes two shops on one server, and a simulation has one";
const OLD = "it shows in what is days old, and a simulation lasts minutes";
const STRANGERS = "it takes messages that the shop never makes, and nobody else publishes in a simulation";
const RELEASES = "it takes an older release that lacks a step, a type or a limit, beside which this one is run";
const CROWDS = "it takes more requests at once than a pool has connections, and a simulation has seven shoppers";

/** Planted bugs that the simulator does not look for, each with the reason; their suites have them. */
export const unsimulated: Readonly<Record<string, string>> = {
	"any virtual host will do": OTHER_SHOPS,
	"a new database joins any shop": OTHER_SHOPS,
	"a new connection is trusted": OTHER_SHOPS,
	"one cache for all shops": "it takes Redis and two shops, and a simulation has neither",
	"checkout key that is forgotten": OLD,
	"cart of a user cleared away": OLD,
	"held stock forgotten too soon": OLD,
	"forgotten key without an answer": OLD,
	"pruned by age alone": OLD,
	"compared only once": "what it misses is found an hour later, and a simulation lasts minutes",
	"waiting without an end": "a saga waits for an hour or a day before it asks, and a simulation lasts minutes",
	"id as it came": STRANGERS,
	"timeless id that never ages": STRANGERS,
	"dead letter without its error": STRANGERS,
	"no count of deaths": "it takes a message that kills its process each time, and no handler of the shop's does that",
	"unknown types are done": RELEASES,
	"undo past an unknown step": RELEASES,
	"another limit is a conflict": "it takes queues that an older release has declared",
	"approval of a declined payment": "it takes a provider that says no to one attempt and yes to another",
	"secure decides before it locks":
		"it takes two such requests at once: what RabbitMQ delivers again a node does once, and a saga whose reservation has " +
		"expired has no time left to ask again",
	"channel closed while opening":
		"a channel that is over says so at its first use, and the only one that is not used is one that looks at dead letters",
	"lease renewal that waits for a lock": "what it delays another node takes over, and nothing else is to be seen",
	"approval after the undo that is kept":
		"the sandbox provider calls off what is undone, and approves it later only by a notice, which this bug leaves alone",
	"a lost connection counts": "it takes more than twenty lost connections within the life of one message",
	"a killed node is waited for":
		"who calls a node that was killed waits for seconds longer, and an order may take more than that",
	"copies behind a long queue": "it takes a fault that lasts, and what it makes are copies, which consumers know",
	"silent queue as trouble of the broker":
		"what it delays is published seconds later all the same, where there are as few events as in a simulation",
	"who waits for locks may take the whole pool": CROWDS,
	"everybody waits for what is held": CROWDS,
	"hook that fails the commit": "no hook of the shop's throws",
	"database that closes first":
		"what a stopping node drops another one does, a little later, and nothing else is to be seen",
};
