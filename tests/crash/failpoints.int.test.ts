import { layGround, type Ground } from "../failpoints/ground";
import { killAtEach, reportOf } from "../failpoints/kill";
import { begun, hasEnded, PATHS, prepared } from "../failpoints/paths";
import { survey, type Failpoint } from "../failpoints/survey";
import { describeOnRabbitMQ } from "../support/servers";
import { until } from "../support/until";

jest.setTimeout(900_000);

/**
 * So many of all the failpoints, spread over them evenly and others each day: what a run of all tests has time for.
 * `npm run failpoints:kill` takes every one.
 */
const SAMPLE = 6;
describeOnRabbitMQ("at a failpoint", () => {
	let ground: Ground;
	let points: Failpoint[];

	beforeAll(async () => {
		ground = await layGround();
		points = await survey(ground);
	});
	afterAll(() => ground?.[Symbol.asyncDispose]());

	test("a node that dies leaves nothing lost, doubled or half-done: a sample", async () => {
		const charged = points.find(({ path, at }) => path.name === "happy" && CHARGED.test(at))!;
		const sample = [...new Set([charged, ...sampleOf(points, Math.floor(Date.now() / 86_400_000))])];

		const outcomes = await killAtEach(ground, sample);

		process.stdout.write(
			`killed at ${sample.length} of ${points.length} failpoints (all: npm run failpoints:kill)\n${reportOf(outcomes, PATHS)}\n`,
		);
		expect(outcomes.flatMap(({ violations }) => violations)).toEqual([]);
	});

	test.each(["before", "after"])(
		"an orders node that is frozen %s a commit loses its saga to another one, and changes nothing when it wakes",
		async (moment) => {
			await using second = await ground.another("orders", `second ${moment}`);
			const frozen = ground.nodes.orders;
			const { at } = points.find(
				({ path, at }) => path.name === "happy" && at.endsWith(`: ${moment}`) && AUTHORISED.test(at),
			)!;
			frozen.arm(at, "SIGSTOP");

			const id = await orderUntil(ground, () => frozen.isFrozen());
			await hasEnded(ground.stage, id, PATHS[0]!, 60_000);
			const before = await linesOf(ground, id);
			frozen.thaw();
			await until(async () => (await ground.broken()).length === 0, { what: "all to be sound", withinMs: 60_000 });
			const after = await linesOf(ground, id);

			expect(after).toEqual(before);
			expect(new Set(before.map(({ node }) => node))).toEqual(new Set(["orders", second.name]));
			expect(await ground.stage.ledgerOf({ id })).toEqual([
				expect.objectContaining({ kind: "authorize" }),
				expect.objectContaining({ kind: "capture" }),
			]);
		},
	);
});

/** The shopper has paid, and no process of the shop remembers it: this one is in every sample. */
const CHARGED = /^write INSERT INTO sandbox_provider\.ledger \(capture.*: after$/;

/** The transition in which the money is held, and nobody but this node knows of it. */
const AUTHORISED = /^commit orders\.saga\.move \(authorise the payment/;

function sampleOf(points: readonly Failpoint[], day: number): Failpoint[] {
	const stride = points.length / SAMPLE;
	return Array.from({ length: SAMPLE }, (_, n) => points[Math.floor(n * stride + (day % stride))]!);
}

/** Orders, one after the other, until the node that is to freeze has got one. @returns that order */
async function orderUntil(ground: Ground, isFrozen: () => boolean): Promise<string> {
	for (let tries = 0; tries < 20; tries++) {
		const id = await begun(await prepared(ground.stage, PATHS[0]!));
		let isOver = false;
		const over = (): void => void (isOver = true);
		void hasEnded(ground.stage, id, PATHS[0]!, 60_000).then(over, over);
		await until(() => isFrozen() || isOver, { what: "the node to freeze", withinMs: 90_000 });
		if (isFrozen()) return id;
	}
	throw new Error("20 orders went by the node that was to freeze");
}

async function linesOf({ stage }: Ground, id: string): Promise<{ seq: string; node: string }[]> {
	const { rows } = await stage.database.query<{ seq: string; node: string }>(
		"SELECT seq, step, direction, outcome, node FROM orders.saga_log WHERE saga_id = $1 ORDER BY seq",
		[id],
	);
	return rows;
}
