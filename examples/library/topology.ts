import type { Topology } from "../../mixins/events/topology";
import { noticesConsumers } from "./notices.consumers";

/** Every exchange and queue of the library, whichever services a node hosts. */
export const topology: Topology = {
	exchanges: ["desk.events"],
	queues: noticesConsumers.map(({ queue }) => queue),
};
