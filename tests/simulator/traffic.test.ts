import { publishedTwice, sentAgain, unrouted, type Taking } from "../../simulator/shop/traffic";

const QUEUE = "orders.cart-events";

function taking(changes: Partial<Taking> = {}): Taking {
	return {
		atMs: 0,
		eventId: "e1",
		type: "CartCheckoutInitiated",
		exchange: "cart.events",
		routingKey: "cart.checkout_initiated",
		queues: [QUEUE],
		from: "n1 events",
		...changes,
	};
}

test("what was routed to no queue at any time was lost", () => {
	expect(unrouted([taking({ queues: [] })])).toHaveLength(1);
	expect(unrouted([taking({ queues: [] }), taking()])).toEqual([]);
});

test("what nobody listens to may get lost", () => {
	expect(unrouted([taking({ queues: [], routingKey: "cart.whatever" })])).toEqual([]);
});

test("a copy that went into the queue alone does not make good that nobody got the event itself", () => {
	expect(unrouted([taking({ queues: [] }), taking({ exchange: "", routingKey: QUEUE })])).toHaveLength(1);
});

test("two nodes that publish one event without a reason are told, one that repeats itself and late ones are not", () => {
	const none = new Set<string>();
	expect(publishedTwice([taking(), taking({ from: "n2 events" })], 1, none)).toHaveLength(1);
	expect(publishedTwice([taking(), taking()], 1, none)).toEqual([]);
	expect(publishedTwice([taking(), taking({ from: "n2 events", atMs: 1 })], 1, none)).toEqual([]);
});

test("what goes to another node while it stands in the outbox may be published by both", () => {
	const both = [taking(), taking({ from: "n2 events" })];

	expect(publishedTwice(both, 1, new Set(["e1"]))).toEqual([]);
	expect(publishedTwice(both, 1, new Set(["e2"]))).toHaveLength(1);
});

test("what was sent again is told once, however many copies there were", () => {
	const copy = taking({ exchange: "", routingKey: QUEUE });

	expect(sentAgain([taking(), copy, copy])).toEqual([copy]);
});
