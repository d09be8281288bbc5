import { declarationsOf } from "./queues";

test("a queue brings its dead-letter queue and a delay queue for each step", () => {
	const declared = declarationsOf({ name: "cart.settle", bindings: [], retryDelaysMs: [250, 500, 500], prefetch: 50 });

	expect(declared).toEqual([
		{ name: "cart.settle.dlq", arguments: { "x-queue-type": "quorum", "x-delivery-limit": 1_000_000_000 } },
		{
			name: "cart.settle",
			arguments: {
				"x-queue-type": "quorum",
				"x-delivery-limit": 1_000_000_000,
				"x-dead-letter-exchange": "",
				"x-dead-letter-routing-key": "cart.settle.dlq",
				"x-dead-letter-strategy": "at-least-once",
				"x-overflow": "reject-publish",
			},
		},
		...[250, 500].map((delayMs) => ({
			name: `cart.settle.retry.${delayMs}`,
			arguments: {
				"x-queue-type": "quorum",
				"x-message-ttl": delayMs,
				"x-dead-letter-exchange": "",
				"x-dead-letter-routing-key": "cart.settle",
				"x-dead-letter-strategy": "at-least-once",
				"x-overflow": "reject-publish",
			},
		})),
	]);
});
