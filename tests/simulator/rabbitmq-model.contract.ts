import { consumingContract } from "./rabbitmq-consuming.contract";
import { declaringContract } from "./rabbitmq-declaring.contract";
import { publishingContract } from "./rabbitmq-publishing.contract";
import { returningContract } from "./rabbitmq-returning.contract";
import { routingContract } from "./rabbitmq-routing.contract";
import { rabbitmqStage, type Rabbitmq } from "./rabbitmq.stage";

/** What our product's code depends on: RabbitMQ does it, and so the model of it has to. */
export function rabbitmqContract(name: string, open: () => Promise<Rabbitmq>): void {
	describe(name, () => {
		const here = rabbitmqStage(open);

		declaringContract(here);
		routingContract(here);
		publishingContract(here);
		consumingContract(here);
		returningContract(here);
	});
}
