import type { ServiceBroker } from "moleculer";
import { SERVICE_NAMES, type Settings } from "./settings";

/** Those of the shop's services that no node known to this one offers just now. The gateway is nobody's to call. */
export function absentServices(broker: ServiceBroker): Settings["services"] {
	const present = new Set(broker.registry.getServiceList({ onlyAvailable: true }).map(({ name }) => name));
	return SERVICE_NAMES.filter((name) => name !== "gateway" && !present.has(name));
}
