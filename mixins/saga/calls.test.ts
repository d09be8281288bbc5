import { ServiceBroker, type Context } from "moleculer";
import { sagaCalls } from "./calls";

const OPTIONS = { timeout: 5_000, requestID: "r" };

/** A broker of one node, on which an action answers when the test says so. */
async function opened() {
	const asked: { context: Context; answer(what: string): void }[] = [];
	const broker = new ServiceBroker({ nodeID: "n1", logger: false });
	broker.createService({
		name: "hotel",
		actions: { book: (context) => new Promise((answer) => asked.push({ context, answer })) },
	});
	await broker.start();
	const { instanceID } = broker;
	return {
		broker,
		asked,
		instanceID,
		async [Symbol.asyncDispose]() {
			for (const { answer } of asked) answer("late");
			await broker.stop();
		},
	};
}

test("a step's call has its answer, its time limit and its saga's id", async () => {
	await using hotel = await opened();
	const calls = sagaCalls(hotel.broker);
	const booked = calls.call("hotel.book", { nights: 2 }, OPTIONS);

	hotel.asked[0]!.answer("room 7");

	expect(await booked).toBe("room 7");
	expect(hotel.asked[0]!.context).toMatchObject({ params: { nights: 2 }, requestID: "r", options: { timeout: 5_000 } });
});

test("what was asked of a node that has started anew is given up", async () => {
	await using hotel = await opened();
	const calls = sagaCalls(hotel.broker);
	const booked = calls.call("hotel.book", {}, OPTIONS);

	calls.heardOf({ id: "n1", instanceID: "another" });

	await expect(booked).rejects.toMatchObject({
		type: "REQUEST_REJECTED",
		data: { action: "hotel.book", nodeID: "n1" },
	});
});

test("a node that first tells of itself later is known from then on", async () => {
	await using hotel = await opened();
	const calls = sagaCalls(hotel.broker);
	const booked = calls.call("hotel.book", {}, OPTIONS);
	let isOver = false;
	const over = booked.finally(() => (isOver = true));

	calls.heardOf({ id: "n2", instanceID: "first" });
	calls.heardOf({ id: "n2", instanceID: "second" });
	calls.heardOf({ id: "n1", instanceID: hotel.instanceID });
	calls.heardOf({ id: "n1", instanceID: null });
	await new Promise(setImmediate);

	expect(isOver).toBe(false);
	calls.heardOf({ id: "n1", instanceID: "another" });
	await expect(over).rejects.toThrow();
});

test("who is not there is said to be away", async () => {
	await using hotel = await opened();

	const asked = sagaCalls(hotel.broker).call("nobody.home", {}, OPTIONS);

	await expect(asked).rejects.toMatchObject({ type: "SERVICE_NOT_FOUND" });
});
