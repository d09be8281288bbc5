import type { Node } from "../../node/node";
import { onHost, type Host } from "../world/host";
import { RABBITMQ } from "../world/servers";
import type { World } from "../world/world";
import type { Program } from "./program";

/** One node of the shop in the simulation; after a restart it is another process with the same name. */
export interface ShopNode {
	readonly name: string;
	readonly host: Host;
	/** Set when it is ready. */
	node: Node | undefined;
	/** Why it has ended by itself, or could not start. */
	failure: Error | undefined;
}

export interface NodeOptions {
	program: Program;
	databaseUrl: string;
	services: readonly string[];
	/** How long a reservation is kept for an order, in s. */
	reservationTtlS: number;
	clockOffsetMs: number;
	clockDrift: number;
}

/** Pools are shared by those of one process who have one URL: here each has its own, although all are in one process. */
let processes = 0;

/**
 * Starts one, as an operator does; it is ready when its `node` is set.
 * @param ended hears when it has ended by itself, or could not start
 */
export function startShopNode(world: World, name: string, options: NodeOptions, ended: () => void): ShopNode {
	const host = world.newHost(name);
	host.clockOffsetMs = options.clockOffsetMs;
	host.clockDrift = options.clockDrift;
	host.program = options.program;
	const shopNode: ShopNode = { name, host, node: undefined, failure: undefined };
	onHost(host, () => {
		const { readSettings, startNode } = options.program;
		const settings = readSettings({
			NODE_ENV: "production",
			NODE_ID: name,
			HOST: "127.0.0.1",
			PORT: "0",
			DATABASE_URL: `${options.databaseUrl}&application_name=${name}&process=${++processes}`,
			AMQP_URL: `amqp://${RABBITMQ}`,
			JWT_SECRET: "only the simulation knows this one, which is of no use to anybody",
			LOG_LEVEL: "fatal",
			SERVICES: options.services.join(","),
			RESERVATION_TTL_S: String(options.reservationTtlS),
			RATE_LIMIT_FACTOR: "1000",
		});
		const fail = (error: Error): void => {
			shopNode.failure = error;
			world.schedule.note(`${name} has ended: ${error.message}`);
			ended();
		};
		startNode(settings, (reason) => fail(new Error(reason))).then((node) => (shopNode.node = node), fail);
	});
	return shopNode;
}
