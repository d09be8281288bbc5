import { runCommand } from "./command";
import { startNode } from "./node";
import { newNodeId } from "./node-id";
import { SERVICE_NAMES, type Settings } from "./settings";

/** `npm run seed`: the demo catalogue and the administrator's account, safe to run twice. */
runCommand(async (settings) => {
	const services = settings.amqpUrl ? (["users", "products"] as const) : SERVICE_NAMES;
	const quiet: Settings = {
		...settings,
		services: [...services],
		seed: "demo",
		logLevel: "warn",
		metricsPort: undefined,
		// It may be run beside a node, with that node's environment.
		nodeId: newNodeId("seed"),
	};
	const http = { ...settings.http, port: 0 };
	const node = await startNode({ ...quiet, http }, (reason) => {
		throw new Error(reason);
	});
	try {
		const { productsSeeded, admin } = node.firstData;
		const catalogue =
			productsSeeded > 0 ? `Loaded ${productsSeeded} products.` : "There are products already: nothing was loaded.";
		return admin ? `${catalogue}\nAdmin: ${admin.email}, the password is in ${admin.file}` : catalogue;
	} finally {
		await node.stop();
	}
});
