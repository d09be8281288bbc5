import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import { listen } from "../../simulator/world/rabbitmq/listen";
import { transportContract } from "../mixins/transport.contract";
import { QUIET, type Broker } from "../mixins/transport.stage";
import { wireTo, type Wire } from "../support/proxy";

/** The transport as it is, and the model in the place of its server. */
async function modelBroker(): Promise<Broker> {
	const server = await listen();
	const wires: Wire[] = [];
	return {
		async open() {
			const wire = await wireTo(server.url);
			wires.push(wire);
			return {
				transport: rabbitmqTransport({ url: wire.url, node: "test-node", release: "1.2.3", log: QUIET }),
				async crash() {
					wire.sever();
				},
			};
		},
		async [Symbol.asyncDispose]() {
			await Promise.all(wires.map((wire) => wire[Symbol.asyncDispose]()));
			await server[Symbol.asyncDispose]();
		},
	};
}

transportContract("the transport over a model of RabbitMQ", modelBroker);
