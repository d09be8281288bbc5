import os from "node:os";
import type { ServiceBroker } from "moleculer";

/** Who is at the console, as it is written down beside what was done: the account and machine, and the node. */
export function operator(broker: ServiceBroker): string {
	return `${os.userInfo().username}@${os.hostname()} (${broker.nodeID})`;
}
