import { ServiceBroker } from "moleculer";
import { RabbitmqTransporter } from "./rabbitmq-transporter";

test("what can't be sent on a channel that is closing is a rejection, and a heartbeat gets over it", async () => {
	const transporter = new RabbitmqTransporter({ url: "amqp://127.0.0.1:1", prefetch: 1, queuedMsMax: 1_000 });
	const { transit } = new ServiceBroker({ logger: false, transporter });
	const channel = {
		publish() {
			throw new Error("Channel closing");
		},
	};
	Object.assign(transporter, { link: { channel } });

	const packet = { type: "HEARTBEAT", payload: {} } as never;
	await expect(transporter.send("MOL.HEARTBEAT", Buffer.from("{}"), { packet })).rejects.toMatchObject({
		type: "BAD_GATEWAY",
		retryable: true,
	});
	await expect(transit!.sendHeartbeat({ cpu: 0 } as never)).resolves.toBeUndefined();
});
