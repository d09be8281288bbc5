import { z } from "zod";
import { event, InvalidEventError } from "./contract";

const OrderPlaced = event({
	type: "OrderPlaced",
	exchange: "orders.events",
	routingKey: "order.placed",
	version: 2,
	aggregate: "orderId",
	data: z.object({ orderId: z.uuid(), total: z.int().nonnegative(), note: z.string().optional() }),
});

const orderId = "0198a8f0-3c3e-7a4b-9c1d-0123456789ab";

test("calling a contract makes a fact of valid data", () => {
	const fact = OrderPlaced({ orderId, total: 1_999 });

	expect(fact).toEqual({ contract: OrderPlaced, data: { orderId, total: 1_999 }, aggregateId: orderId });
	expect(Object.isFrozen(fact)).toBe(true);
	expect(Object.isFrozen(fact.data)).toBe(true);
});

test("a contract tells what it was declared with, and the producer by its exchange", () => {
	const { type, exchange, routingKey, version, producer } = OrderPlaced;

	expect({ type, exchange, routingKey, version, producer }).toEqual({
		type: "OrderPlaced",
		exchange: "orders.events",
		routingKey: "order.placed",
		version: 2,
		producer: "orders",
	});
});

test("data that breaks the contract is refused, naming the event and the field", () => {
	expect(() => OrderPlaced({ orderId, total: -1 })).toThrow(InvalidEventError);
	expect(() => OrderPlaced({ orderId, total: -1 })).toThrow(/^OrderPlaced does not keep its contract: .*total/);
});

test("fields that the contract does not know are dropped", () => {
	const data = { orderId, total: 1, cardNumber: "4111" };

	expect(OrderPlaced(data).data).toEqual({ orderId, total: 1 });
});
