import { setTimeout as pause } from "node:timers/promises";
import { describeOnPrivateRabbitMQ } from "../support/servers";
import { broken } from "./figures";
import { form } from "./form";
import { openWorld, type World } from "./world";

jest.setTimeout(600_000);

/** The product's ten seconds would be long to wait for. A frozen broker is noticed after two to three of them. */
const HEARTBEAT_S = 3;
const FROZEN_MS = 11_000;
/** Longer than a confirm is waited for. */
const ALARM_MS = 6_000;

describeOnPrivateRabbitMQ("what happens to the broker", () => {
	let world: World;

	beforeAll(async () => {
		world = await openWorld({
			letters: 2,
			readers: 2,
			amqpUrl: async (url) => `${url}?heartbeat=${HEARTBEAT_S}`,
		});
	});
	afterAll(() => world?.[Symbol.asyncDispose]());

	test("kill -9", async () => {
		const figures = await world.survives("broker killed", form.kills, async () => {
			await world.broker.kill();
			await world.broker.start();
		});

		expect(broken(figures)).toEqual([]);
	});

	test("it is away for a while", async () => {
		const figures = await world.survives(`broker away for ${form.awayMs / 1_000} s`, 1, async () => {
			await world.broker.kill();
			await pause(form.awayMs);
			await world.broker.start();
		});

		expect(broken(figures)).toEqual([]);
	});

	test("it is frozen for longer than its heartbeat", async () => {
		const figures = await world.survives("broker frozen", 1, async () => {
			world.broker.freeze();
			await pause(FROZEN_MS);
			world.broker.wake();
		});

		expect(broken(figures)).toEqual([]);
	});

	test.each(["memory", "disk"] as const)("it raises its %s alarm", async (alarm) => {
		const figures = await world.survives(`${alarm} alarm`, 1, async () => {
			await world.broker.raise(alarm);
			await pause(ALARM_MS);
			await world.broker.clear(alarm);
		});

		expect(broken(figures)).toEqual([]);
	});

	test("it closes all connections", async () => {
		const figures = await world.survives("all connections closed", form.kills, () => world.broker.closeConnections());

		expect(broken(figures)).toEqual([]);
	});
});
