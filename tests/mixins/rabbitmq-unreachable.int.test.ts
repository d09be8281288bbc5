import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import { describeOnRabbitMQ, testVhost } from "../support/servers";
import { QUIET } from "./transport.stage";

describeOnRabbitMQ("RabbitMQ, when it can't be reached", () => {
	test("is an error after a bounded number of attempts, with the address and without the password", async () => {
		const url = "amqp://shop:secret@127.0.0.1:5999/some";
		const transport = rabbitmqTransport({ url, node: "n", log: QUIET, connectAttempts: 2 });

		const problem = await transport.connect().catch((error: Error) => error.message);

		expect(problem).toBe("RabbitMQ at 127.0.0.1:5999 can't be reached after 2 attempts: it refuses the connection");
		await transport.close();
	});

	test("says so when the virtual host is not there", async () => {
		await using vhost = await testVhost();
		const transport = rabbitmqTransport({ url: `${vhost.url}_other`, node: "n", log: QUIET, connectAttempts: 1 });

		await expect(transport.connect()).rejects.toThrow(
			`it has no virtual host "${vhost.name}_other" that guest may use`,
		);
		await transport.close();
	});

	test("says so when the password is wrong", async () => {
		await using vhost = await testVhost();
		const url = vhost.url.replace(/\/\/[^@]*@/, "//guest:wrong-password@");
		const transport = rabbitmqTransport({ url, node: "n", log: QUIET, connectAttempts: 1 });

		const problem = await transport.connect().catch((error: Error) => error.message);

		expect(problem).toMatch(/ACCESS.REFUSED/);
		expect(problem).not.toMatch(/wrong-password/);
		await transport.close();
	});
});
