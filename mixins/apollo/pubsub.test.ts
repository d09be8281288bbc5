import { createPubSub, FellBehindError, publish } from "./pubsub";

test("a stream hears what is published from the call on, in order", async () => {
	const pubsub = createPubSub(10);
	pubsub.publish("a", "before");

	const stream = pubsub.asyncIterator<string>(["a", "b"]);
	const first = stream.next();
	for (const [tag, payload] of [
		["a", "1"],
		["c", "not ours"],
		["b", "2"],
		["a", "3"],
	] as const)
		pubsub.publish(tag, payload);

	expect([await first, await stream.next(), await stream.next()].map(({ value }) => value)).toEqual(["1", "2", "3"]);
});

test("whoever waits for an event when the stream ends is let go", async () => {
	const stream = createPubSub(10).asyncIterator("a");
	const waiting = stream.next();

	await stream.return();

	expect(await waiting).toEqual({ done: true, value: undefined });
	expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test("after its end a stream hears nothing more", async () => {
	const pubsub = createPubSub(10);
	const stream = pubsub.asyncIterator("a");

	await stream.return();
	pubsub.publish("a", 1);

	expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test("a stream that nobody reads ends with an error instead of filling the memory or losing something silently", async () => {
	const pubsub = createPubSub(2);
	const stream = pubsub.asyncIterator("a");

	for (let i = 0; i < 3; i++) pubsub.publish("a", i);

	await expect(stream.next()).rejects.toThrow(FellBehindError);
	expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test("publishing is a broadcast, for every gateway to hear", async () => {
	const sent: unknown[] = [];
	const broker = { broadcast: async (event: string, data: unknown) => void sent.push([event, data]) };

	await publish(broker, "order.7", { status: "CONFIRMED" });

	expect(sent).toEqual([["graphql.publish", { tag: "order.7", payload: { status: "CONFIRMED" } }]]);
});
