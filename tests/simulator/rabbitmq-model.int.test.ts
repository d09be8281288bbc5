import { listen } from "../../simulator/world/rabbitmq/listen";
import { describeOnRabbitMQ, testVhost } from "../support/servers";
import { rabbitmqContract } from "./rabbitmq-model.contract";

rabbitmqContract("a model of RabbitMQ", async () => {
	const server = await listen();
	return { url: server.url, vhost: "/", [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
});

describeOnRabbitMQ("RabbitMQ, which the model is to be like", () => {
	rabbitmqContract("the server itself", async () => {
		const { url, name, [Symbol.asyncDispose]: dispose } = await testVhost();
		return { url, vhost: name, [Symbol.asyncDispose]: dispose };
	});
});
