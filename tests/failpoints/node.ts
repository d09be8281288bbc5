import { watchMoleculer } from "./on-moleculer";
import { watchPostgres } from "./on-postgres";
import { watchRabbitMQ } from "./on-rabbitmq";
import { arm, disarm, passed, record, type News, type Order } from "./points";

/**
 * `npm run failpoints:start`: a node of the shop as `npm start` runs it, with failpoints. `FAULT_AT` names the one at
 * which it kills itself; a parent process may name another one later. Nothing of this is in a build.
 */
const { FAULT_AT, FAULT_WAIT, NODE_ENV, NODE_ID = "" } = process.env;
if (NODE_ENV === "production") throw new Error("A node in production has no failpoints");

watchPostgres(NODE_ID);
watchRabbitMQ();
watchMoleculer();
if (FAULT_AT) arm(FAULT_AT);

const tell = (news: News): void => void process.send?.(news);

process.on("message", (order: Order) => {
	switch (order.kind) {
		case "arm":
			return arm(order.at, order.blow);
		case "disarm":
			disarm();
			return tell({ kind: "disarmed" });
		case "record":
			return record();
		case "report":
			return tell({ kind: "passed", points: passed() });
		case "go":
			return begin();
	}
});
// Whoever started it is gone, and with it the reason to be here.
process.on("disconnect", () => process.exit(1));

// Loaded here, so that a process that waits for its turn needs no time for it then.
require("../../node/node");
if (FAULT_WAIT) tell({ kind: "loaded" });
else begin();

function begin(): void {
	require("../../node/start");
}
