import { ask } from "../graphql/client";
import { CancelOrder, DeliverOrder, ShipOrder, type OrderStatus } from "../graphql/documents";

/** What an operator does with an order. */
export const steps = {
	Ship: (id: string) => ask(ShipOrder, { id }),
	Deliver: (id: string) => ask(DeliverOrder, { id }),
	Cancel: (id: string) => ask(CancelOrder, { id, reason: "By the shop" }),
};

export type Step = keyof typeof steps;

export const DONE: Record<Step, string> = { Ship: "on its way", Deliver: "delivered", Cancel: "cancelled" };

/** What can be done with an order now. */
export function waysOn({ status }: { status: OrderStatus }): Step[] {
	if (status === "CONFIRMED") return ["Ship", "Cancel"];
	return status === "SHIPPED" ? ["Deliver"] : [];
}
