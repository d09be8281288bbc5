import { deadLetters } from "../../simulator/shop/checks";
import { planOf } from "../../simulator/shop/plan";
import { lostLetters, type Poison } from "../../simulator/shop/poison";

const planted: Poison = { queue: "orders.checkout", body: '{"nobody can read this":0}' };

/** A RabbitMQ that has these bodies in the dead letters of orders.checkout. */
function withDead(...bodies: string[]) {
	const name = "orders.checkout.dlq";
	return {
		bodiesIn: (queue: string) => (queue === name ? bodies.map((body) => Buffer.from(body)) : []),
		queues: () => [{ name, ready: bodies.length, unacknowledged: 0, consumers: 0, arguments: {} }],
	} as never;
}

const discarded = (...rows: Poison[]) => ({ query: async () => rows }) as never;

test("what nobody can read is dead, or was discarded", async () => {
	expect(await lostLetters([planted], withDead(planted.body), discarded())).toEqual([]);
	expect(await lostLetters([planted], withDead(), discarded(planted))).toEqual([]);
	expect(await lostLetters([planted], withDead(), discarded({ ...planted, queue: "cart.events" }))).toEqual([
		expect.stringContaining("neither a dead letter nor discarded"),
	]);
});

test("nothing else is dead", () => {
	expect(deadLetters(withDead(planted.body), [planted])).toEqual([]);
	expect(deadLetters(withDead(planted.body, "{}"), [planted])).toEqual(["I8: orders.checkout.dlq has 1 dead letters"]);
	expect(deadLetters(withDead(planted.body), [])).toHaveLength(1);
});

test("some plans have some, with operators who see to them, and no queue that takes them with it", () => {
	const plans = Array.from({ length: 200 }, (_, seed) => planOf(seed)).filter(({ poisons }) => poisons);

	expect(plans.length).toBeGreaterThan(0);
	for (const { operators, faults, poisons } of plans) {
		expect(operators.some((each) => "queue" in each && each.queue === poisons![0]!.queue)).toBe(true);
		expect(faults.map(({ kind }) => kind)).not.toContain("queue deleted");
	}
});
