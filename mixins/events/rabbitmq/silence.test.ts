import type { BrokerConnection } from "./connection";
import { declarationsOf } from "./queues";
import { silentQueues } from "./silence";

// Five seconds without an answer are over as soon as everything else has answered.
jest.mock("node:timers/promises", () => ({
	setTimeout: (_ms: number, value: unknown) => new Promise((resolve) => setImmediate(resolve, value)),
}));

const NOBODY: ReadonlySet<string> = new Set();

const topology = {
	exchanges: [],
	queues: ["one", "other"].map((name) => ({ name, bindings: [], retryDelaysMs: [1, 2], prefetch: 1 })),
};
const names = topology.queues.flatMap((spec) => declarationsOf(spec).map(({ name }) => name));

/** Its queues are empty, and answer as they are told to. */
function connectionTo(answer: (queue: string) => Promise<false>): () => Promise<BrokerConnection> {
	const channel = { checkQueue: () => Promise.resolve({ messageCount: 0, consumerCount: 0 }), get: answer };
	const connection = { channel: () => Promise.resolve(channel), close: () => Promise.resolve() };
	return () => Promise.resolve(connection as unknown as BrokerConnection);
}

test("what was found before the connection was lost is kept, and what was not looked at is named", async () => {
	const [silent] = names;
	const open = connectionTo((queue) => {
		if (queue === silent) return new Promise(() => undefined);
		return queue === names.at(-1) ? Promise.reject(new Error("Channel ended")) : Promise.resolve(false);
	});

	const { found, unseen, reason } = await silentQueues(open, topology, NOBODY);

	expect(found).toMatchObject([{ kind: "queue", name: silent }]);
	expect([...unseen]).toEqual([names.at(-1)]);
	expect(reason).toBe("Channel ended");
});

test("where there is no connection nothing was looked at", async () => {
	const { found, unseen, reason } = await silentQueues(
		() => Promise.reject(new Error("away")),
		topology,
		new Set([names[0]!]),
	);

	expect(found).toEqual([]);
	expect([...unseen]).toEqual(names.slice(1));
	expect(reason).toBe("away");
});
