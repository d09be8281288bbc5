import { ServiceBroker } from "moleculer";
import { RabbitmqTransporter } from "./rabbitmq-transporter";

/** What it does when it has a link. */
const takeUp = (transporter: RabbitmqTransporter): Promise<void> =>
	(transporter as unknown as { takeUp(): Promise<void> }).takeUp();

test("an answer that can't be sent on a channel that is closing is sent on the next one", async () => {
	const transporter = new RabbitmqTransporter({ url: "amqp://127.0.0.1:1", prefetch: 1, queuedMsMax: 1_000 });
	const { transit } = new ServiceBroker({ logger: false, transporter });
	// It sends what was kept, and nothing else.
	const nothing = (): void => undefined;
	transporter.init(transit!, nothing, nothing);
	const sent: string[] = [];
	const closing = {
		sendToQueue() {
			throw new Error("Channel closing");
		},
	};
	const open = { sendToQueue: (queue: string) => void sent.push(queue) };
	const answer = { type: "RES", target: "ada", payload: { id: "1" } } as never;

	Object.assign(transporter, { connected: true, link: { channel: closing } });
	await transporter.prepublish(answer);
	// The link is lost again while it takes up what was kept.
	await takeUp(transporter);
	Object.assign(transporter, { connectionCount: 0, link: { channel: open } });
	await takeUp(transporter);

	expect(sent).toEqual(["MOL.RES.ada"]);
});

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

test("where the link is lost while it subscribes, who asks is told that nobody is there, and an answer is kept", async () => {
	const transporter = new RabbitmqTransporter({ url: "amqp://127.0.0.1:1", prefetch: 1, queuedMsMax: 1_000 });
	const { transit } = new ServiceBroker({ logger: false, transporter });
	const sent: string[] = [];
	const open = { sendToQueue: (queue: string) => void sent.push(queue) };
	const published = (type: string): Promise<unknown> =>
		transit!.publish({ type, target: "ada", payload: { id: "1" } } as never);

	Object.assign(transit!, { subscribing: Promise.reject(new Error("Channel ended, no reply will be forthcoming")) });
	const [asked, answered] = await Promise.allSettled([published("REQ"), published("RES")]);
	Object.assign(transit!, { subscribing: Promise.resolve() });
	Object.assign(transporter, { connected: true, link: { channel: open, isBlocked: () => false } });
	await published("REQ");
	await takeUp(transporter);

	expect(asked).toMatchObject({ status: "rejected", reason: { type: "BAD_GATEWAY", retryable: true } });
	expect(answered).toMatchObject({ status: "fulfilled" });
	expect(sent).toEqual(["MOL.REQ.ada", "MOL.RES.ada"]);
});
