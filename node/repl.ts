import { ServiceBroker } from "moleculer";
import { brokerOptions } from "../moleculer.config";
import { SettingsError } from "./environment";
import { newNodeId } from "./node-id";
import { readSettings } from "./settings";
import { nameCache } from "./shop-cache";
import { shopOn } from "./shop-id";

/** `npm run repl`: an operator's node. It joins the cluster with no services of its own and opens Moleculer's REPL. */
async function main(): Promise<void> {
	const settings = readSettings(process.env);
	if (!settings.amqpUrl) {
		throw new SettingsError(
			"AMQP_URL",
			"is missing: without it there is no cluster to join (npm run dev opens a REPL in one process)",
		);
	}
	const shopId = await shopOn(settings.amqpUrl);
	const broker = new ServiceBroker(
		brokerOptions({ ...settings, nodeId: newNodeId("operator"), logLevel: "warn", metricsPort: undefined }),
	);
	nameCache(broker, shopId);
	await broker.start();
	await nodesToAppear(broker);
	const count = broker.registry.getNodeList({ onlyAvailable: true }).length - 1;
	process.stdout.write(
		`Joined ${count} ${count === 1 ? "node" : "nodes"}. Try: nodes, services, actions, call products.list\n`,
	);
	broker.repl();
	process.on("SIGTERM", () => void broker.stop().then(() => process.exit(0)));
}

/** The others answer the newcomer's question within a moment; an empty cluster never does. */
async function nodesToAppear(broker: ServiceBroker): Promise<void> {
	for (let looked = 0; looked < 20; looked++) {
		if (broker.registry.getNodeList({ onlyAvailable: true }).length > 1) return;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

main().catch((error: unknown) => {
	process.stderr.write(`${(error as Error).message}\n`);
	process.exit(1);
});
