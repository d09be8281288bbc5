import type { Message } from "amqplib";
import type { Verdict } from "../transport";
import { onwards } from "./settle";

const spec = { name: "cart.settle", bindings: [], retryDelaysMs: [250, 4_000], prefetch: 10 };
const worker = { node: "node-1", release: "1.2.3" };
const failure = { code: "OUT_OF_PAPER", message: "The printer is out of paper", stack: undefined };

/** A delivery that has failed so often before. */
function delivered(attempts: number): Message {
	return {
		content: Buffer.from("{}"),
		fields: { exchange: "orders.events", routingKey: "order.placed", deliveryTag: 1, redelivered: false },
		properties: { messageId: "an-id", headers: { "x-attempts": attempts } },
	} as unknown as Message;
}

test.each<Verdict>([{ kind: "done" }, { kind: "left" }])("what is %j goes nowhere", (verdict) => {
	expect(onwards(spec, delivered(0), verdict, worker)).toBeUndefined();
});

test.each([
	[0, "cart.settle.retry.250"],
	[1, "cart.settle.retry.4000"],
	[2, "cart.settle.dlq"],
])("what fails after %d attempts goes to %s", (attempts, queue) => {
	const message = delivered(attempts);

	const publication = onwards(spec, message, { kind: "retry", failure }, worker)!;

	expect(publication).toMatchObject({ exchange: "", routingKey: queue, body: message.content, mandatory: true });
	expect(publication.properties.headers).toMatchObject({ "x-attempts": attempts + 1 });
});

test("what no attempt would change is a dead letter at once, with who has given it up", () => {
	const { routingKey, properties } = onwards(spec, delivered(0), { kind: "dead", failure }, worker)!;

	expect(routingKey).toBe("cart.settle.dlq");
	expect(properties.headers).toMatchObject({
		"x-error-code": "OUT_OF_PAPER",
		"x-service": "cart",
		"x-node": "node-1",
		"x-release": "1.2.3",
	});
});
