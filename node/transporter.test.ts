import { ServiceBroker } from "moleculer";
import { rejectWhatCannotBeSent } from "./transporter";

test("what can't be sent on a channel that is closing is a rejection, and a heartbeat gets over it", async () => {
	const broker = new ServiceBroker({
		logger: false,
		transporter: { type: "AMQP", options: { url: "amqp://127.0.0.1:1" } },
	});
	rejectWhatCannotBeSent(broker);
	const { transit } = broker;
	const amqp = transit!.tx as unknown as {
		channel: object;
		send(topic: string, data: Buffer, meta: object): Promise<void>;
	};
	amqp.channel = {
		publish() {
			throw new Error("Channel closing");
		},
	};

	await expect(amqp.send("MOL.HEARTBEAT", Buffer.from("{}"), { packet: {} })).rejects.toThrow("Channel closing");
	await expect(transit!.sendHeartbeat({ cpu: 0 } as never)).resolves.toBeUndefined();
});
