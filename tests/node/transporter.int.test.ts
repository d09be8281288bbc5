import { ServiceBroker } from "moleculer";
import { isDeaf, mendDeafness, rejectWhatCannotBeSent } from "../../node/transporter";
import { channelClose, connectionClose, followed, OPENED } from "../support/amqp-frames";
import { wireTo } from "../support/proxy";
import { describeOnRabbitMQ, testVhost } from "../support/servers";
import { until } from "../support/until";

describeOnRabbitMQ("Moleculer's transporter, when something is closed while it is being opened", () => {
	test.each([
		["the connection", OPENED.connection, connectionClose],
		["the connection, together with its channel", OPENED.channel, connectionClose],
		["the channel", OPENED.channel, channelClose],
	])("%s", async (_what, opened, close) => {
		await using vhost = await testVhost();
		await using wire = await wireTo(vhost.url);
		const { change, left } = followed(opened, close);
		wire.meddle(change);
		const nodes = ["one", "other"].map(
			(nodeID) =>
				new ServiceBroker({
					nodeID,
					logger: false,
					transporter: { type: "AMQP", options: { url: nodeID === "one" ? wire.url : vhost.url } },
				}),
		);
		for (const node of nodes) rejectWhatCannotBeSent(node);
		const [one, other] = nodes as [ServiceBroker, ServiceBroker];

		await Promise.all(nodes.map((node) => node.start()));
		await until(
			() => {
				mendDeafness(one);
				return !isDeaf(one) && other.registry.nodes.get("one")?.available;
			},
			{ what: "the node to be heard", everyMs: 100 },
		);

		expect(left()).toBe(0);
		await Promise.all(nodes.map((node) => node.stop()));
	});
});
