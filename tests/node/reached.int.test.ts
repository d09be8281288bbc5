import { reachAmqp } from "../../node/reach-servers";
import { CLOSED, withheld } from "../support/amqp-frames";
import { wireTo } from "../support/proxy";
import { describeOnRabbitMQ, testVhost } from "../support/servers";

describeOnRabbitMQ("a node that looks whether RabbitMQ is there", () => {
	test("has reached it also where the connection is lost in the middle of its farewell", async () => {
		await using vhost = await testVhost();
		await using wire = await wireTo(vhost.url);
		const { change, left } = withheld(CLOSED.connection, () => wire.cut());
		wire.meddle(change);

		await reachAmqp(wire.url);

		expect(left()).toBe(0);
	});
});
