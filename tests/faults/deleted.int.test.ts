import { describeOnPrivateRabbitMQ } from "../support/servers";
import { broken, type Figures } from "./figures";
import { archive, index } from "./letter.events";
import { openWorld, type World } from "./world";

jest.setTimeout(600_000);

/** What was lost shows by what was written a second later and read; in silence it would take half a minute. */
const ONWARDS_MS = 2_000;

describeOnPrivateRabbitMQ("what is deleted on the broker", () => {
	let world: World;

	beforeAll(async () => {
		world = await openWorld({ letters: 2, readers: 2 });
	});
	afterAll(() => world?.[Symbol.asyncDispose]());

	test.each([archive, index])("the queue $name is deleted, with all that is in it", async ({ name }) => {
		const figures = await world.survives(
			`queue ${name} deleted`,
			1,
			async () => {
				await world.auditor.asOperator((channel) => channel.deleteQueue(name));
			},
			ONWARDS_MS,
		);

		expect(broken(exceptLate(figures))).toEqual([]);
	});

	test("a binding is deleted while another queue still hears the same events", async () => {
		const [binding] = archive.bindings;

		const figures = await world.survives(
			"binding deleted",
			1,
			async () => {
				await world.auditor.asOperator((channel) =>
					channel.unbindQueue(archive.name, binding!.exchange, binding!.pattern),
				);
			},
			ONWARDS_MS,
		);

		expect(broken(exceptLate(figures))).toEqual([]);
	});
});

/** What was lost with a queue is sent again after later ones were read: that much order is gone for good. */
function exceptLate(figures: Figures): Figures {
	return { ...figures, readOutOfOrder: figures.readOutOfOrder - figures.readLate };
}
