import type { Service } from "moleculer";
import { v5 as uuidv5 } from "uuid";
import type { Transaction } from "../../mixins/database/database";
import { forward, saga, type StepContext } from "../../mixins/saga/definition";
import type { OrdersService } from "./orders.service";

/** What an order that came to nothing still holds, in the books of who holds it. */
export interface GivingBackData {
	orderId: string;
	/** The saga whose undo an operator has left out, or has said to have done by hand. */
	decidedIn: string;
	what: "stock" | "cart";
}

/**
 * Stock and cart are in the shop's own books, where nobody gives anything back by hand: so whatever an operator has
 * decided about the undo, catalog and cart do it themselves. A second time changes nothing.
 */
export const givingBackSaga = saga<GivingBackData, OrdersService>({
	name: "giving back by hand",
	steps: [forward("give back what is held", { do: giveBack })],
	deadlineMs: 60_000,
	deadlineReason: "TIMED_OUT",
	failed: "FAILED",
	compensated: "COMPENSATED",
	reach: async () => undefined,
});

async function giveBack(step: StepContext<GivingBackData>) {
	const { orderId, decidedIn: sagaId, what } = step.data;
	const operation = (name: string) => ({ sagaId, step: name, operationId: step.operationId });
	if (what === "cart") await step.call("cart.giveBack", { operation: operation("freeze"), orderId });
	else {
		await step.call("products.undoReserve", { operation: operation("reserve"), orderId, reason: "ORDER_FAILED" });
	}
}

/** Begins with the decision, in its transaction: catalog and cart may be away just then. */
export async function giveBackByHand(
	service: Service & OrdersService,
	tx: Transaction,
	data: GivingBackData,
	correlationId: string,
): Promise<void> {
	await service.beginSaga(tx, "giving back by hand", {
		sagaId: uuidv5(`${data.what} given back by hand`, data.decidedIn),
		data,
		correlationId,
	});
}
