import { ServiceBroker } from "moleculer";
import { sample } from "./sampled";

const WAITING = { name: "outbox.waiting.total", description: "Events that wait", label: "service" } as const;
const DEAD = { name: "queue.dead.total", description: "Dead letters", label: "queue" } as const;

function brokerWith(metrics: boolean): ServiceBroker {
	return new ServiceBroker({ logger: false, metrics: { enabled: metrics, reporter: [] } });
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test("figures are asked for at once and every 15 s, until it is ended", async () => {
	const broker = brokerWith(true);
	let asked = 0;
	const end = sample(broker, [WAITING], async () => [{ name: WAITING.name, of: "orders", value: ++asked }], fail);
	await jest.advanceTimersByTimeAsync(0);
	const atOnce = asked;

	await jest.advanceTimersByTimeAsync(15_000);
	const later = asked;
	end();
	await jest.advanceTimersByTimeAsync(60_000);

	expect([atOnce, later, asked]).toEqual([1, 2, 2]);
	const { values } = broker.metrics.getMetric(WAITING.name)!.toObject();
	expect(values).toEqual([expect.objectContaining({ labels: { service: "orders" }, value: 2 })]);
});

test("each figure goes by its own label, and a second service of the node shares the gauge", async () => {
	const broker = brokerWith(true);
	const ask = async () => [
		{ name: WAITING.name, of: "orders", value: 3 },
		{ name: DEAD.name, of: "orders.checkout", value: 1 },
	];

	const end = sample(broker, [WAITING, DEAD], ask, fail);
	await jest.advanceTimersByTimeAsync(0);
	const endOfOther = sample(broker, [WAITING], async () => [], fail);
	await jest.advanceTimersByTimeAsync(0);
	end();
	endOfOther();

	expect(broker.metrics.getMetric(DEAD.name)!.toObject()).toMatchObject({
		type: "gauge",
		values: [{ labels: { queue: "orders.checkout" }, value: 1 }],
	});
	expect(broker.metrics.getMetric(WAITING.name)!.toObject().values).toHaveLength(1);
});

test("who is slow is not asked again meanwhile, and a failure leaves the last figures and is told", async () => {
	const broker = brokerWith(true);
	const errors: string[] = [];
	const answers: (() => void)[] = [];
	let asked = 0;
	const ask = async () => {
		asked++;
		await new Promise<void>((answer) => answers.push(answer));
		if (asked === 2) throw new Error("no database");
		return [{ name: WAITING.name, of: "orders", value: 3 }];
	};
	const end = sample(broker, [WAITING], ask, (error) => errors.push(error.message));

	await jest.advanceTimersByTimeAsync(30_000);
	const meanwhile = asked;
	answers[0]!();
	await jest.advanceTimersByTimeAsync(15_000);
	answers[1]!();
	await jest.advanceTimersByTimeAsync(15_000);
	end();

	expect([meanwhile, asked, errors]).toEqual([1, 3, ["no database"]]);
	expect(broker.metrics.getMetric(WAITING.name)!.toObject().values).toMatchObject([{ value: 3 }]);
});

test("a broker without metrics is never asked for any", async () => {
	let asked = 0;

	sample(brokerWith(false), [WAITING], async () => (asked++, []), fail)();
	await jest.advanceTimersByTimeAsync(15_000);

	expect(asked).toBe(0);
});

function fail(error: Error): void {
	throw error;
}
