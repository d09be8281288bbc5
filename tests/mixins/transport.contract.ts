import type { QueueSpec } from "../../mixins/events/topology";
import type { EventTransport } from "../../mixins/events/transport";
import { deadLetterContract } from "./dead-letters.contract";
import { deliveryContract } from "./delivery.contract";
import { publishingContract } from "./publishing.contract";
import { queueNamed, type Broker, type OpenTransport, type Stage } from "./transport.stage";

/** What a suite needs to put a test on. */
export interface Contract {
	/** An exchange and a declared queue of its own. */
	stage(options?: Partial<QueueSpec> & { patterns?: string[] }): Promise<Stage>;
	/** One more transport on the same broker. */
	open(): Promise<OpenTransport>;
}

/** What every event transport promises; each implementation runs it on its own broker. */
export function transportContract(name: string, openBroker: () => Promise<Broker>): void {
	describe(name, () => {
		let broker: Broker;
		let opened: EventTransport[] = [];
		let stages = 0;

		beforeAll(async () => {
			broker = await openBroker();
		});
		afterEach(async () => {
			await Promise.all(opened.splice(0).map((transport) => transport.close()));
		});
		afterAll(async () => {
			await broker[Symbol.asyncDispose]();
		});

		async function open(): Promise<OpenTransport> {
			const one = await broker.open();
			opened.push(one.transport);
			await one.transport.connect();
			return one;
		}

		const contract: Contract = {
			open,
			async stage(options) {
				const { transport } = await open();
				const exchange = `stage${++stages}.events`;
				const queue = queueNamed(`stage${stages}.main`, exchange, options);
				await transport.declare({ exchanges: [exchange], queues: [queue] });
				return { transport, exchange, queue };
			},
		};

		publishingContract(contract);
		deliveryContract(contract);
		deadLetterContract(contract);
	});
}
