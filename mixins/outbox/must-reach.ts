import { hasListener, type Topology } from "../events/topology";
import { routeOf, type OutboxRow } from "./row";

/** Whether the topology says that somebody listens there: then a queue must be bound for it. */
export function mustReach(topology: Topology): (row: OutboxRow) => boolean {
	const listened = new Map<string, boolean>();
	return (row) => {
		const route = routeOf(row);
		const isListened = listened.get(route) ?? hasListener(topology, row.exchange, row.routing_key);
		listened.set(route, isListened);
		return isListened;
	};
}
