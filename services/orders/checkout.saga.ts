import type { Service } from "moleculer";
import {
	forward,
	given,
	pivot,
	saga,
	step,
	type Decided,
	type Progress,
	type StepContext,
} from "../../mixins/saga/definition";
import type { Transaction } from "../../mixins/database/database";
import { OrderConfirmed, OrderFailed } from "./orders.events";
import type { Address } from "../address";
import { settleByHand } from "./by-hand.saga";
import type { OrderStatus, PaymentStatus } from "./orders.model";
import type { NewOrder } from "./orders.table";
import { advanceOrder, settleOrderPayment } from "./orders.table";
import type { OrdersService } from "./orders.service";

/** What the checkout knows from its start: the order as the shopper saw it. */
export type CheckoutData = NewOrder;
type Checkout = StepContext<CheckoutData>;

/** From a checkout that was accepted to an order that is paid for, or to a shopper who has everything back. */
export const checkoutSaga = (reservationTtlS: number) =>
	saga<CheckoutData, OrdersService>({
		name: "checkout",
		steps: [
			given("freeze the cart", giveCartBack),
			step("reserve the stock", { do: reserveStock, undo: releaseStock, reached: "CART_VALIDATED" }),
			step("authorise the payment", {
				do: authorisePayment,
				undo: voidPayment,
				reached: "PAYMENT_PROCESSED",
				timeoutMs: 8_000,
				attempts: 4,
			}),
			pivot("confirm the order", { do: secureStock, reached: "CONFIRMED" }),
			forward("capture the payment", { do: capturePayment, reached: "CAPTURED", timeoutMs: 8_000 }),
		],
		deadlineMs: reservationTtlS * 1_000,
		deadlineReason: "TIMED_OUT",
		failed: "FAILED",
		compensated: "COMPENSATED",
		reach,
		decided,
	});

async function reserveStock(step: Checkout) {
	const { id: orderId, cartId, items, currency } = step.data;
	const [{ shippingAddress }] = await Promise.all([
		step.call<{ shippingAddress: Address | null }>("cart.checkoutDetails", { orderId }),
		step.call("products.reserve", {
			operation: operationOf(step, "reserve"),
			orderId,
			cartId,
			items: items.map(wanted),
			currency,
		}),
	]);
	return { pass: shippingAddress };
}

async function releaseStock(step: Checkout) {
	await step.call("products.undoReserve", {
		operation: operationOf(step, "reserve"),
		orderId: step.data.id,
		reason: "ORDER_FAILED",
	});
}

async function authorisePayment(step: Checkout) {
	const { id: orderId, total: amount, currency } = step.data;
	await step.call("payments.authorise", { operation: operationOf(step, "authorise"), orderId, amount, currency });
}

async function voidPayment(step: Checkout) {
	await step.call("payments.void", { operation: operationOf(step, "authorise"), orderId: step.data.id });
}

/** Nothing may take the stock away once the order is confirmed; what expired meanwhile is reserved again, or refused. */
async function secureStock(step: Checkout) {
	await step.call("products.secure", { orderId: step.data.id });
}

async function capturePayment(step: Checkout) {
	const { id: orderId, total: amount, currency } = step.data;
	await step.call("payments.capture", { operation: operationOf(step, "capture"), orderId, amount, currency });
}

async function giveCartBack(step: Checkout) {
	await step.call("cart.giveBack", { operation: operationOf(step, "freeze"), orderId: step.data.id });
}

/** One way to each status, and the event that tells the others. */
async function reach(this: OrdersService, tx: Transaction, progress: Progress<CheckoutData>): Promise<void> {
	const { id, userId, cartId, items, total, currency } = progress.data;
	const cause = { correlationId: progress.correlationId, causationId: progress.sagaId };
	const failureReason = progress.failureReason;
	if (progress.status === "CAPTURED") {
		this.tellFollowers(tx, await settleOrderPayment(tx, id, "CAPTURED"));
		return;
	}
	const shippingAddress = (progress.passed as Address | null) ?? undefined;
	const order = await advanceOrder(tx, {
		id,
		...WAYS[progress.status]!(failureReason),
		failureReason,
		shippingAddress,
	});
	if (!order) throw new Error(`Order ${id} can't become ${progress.status} from the status it has`);
	if (progress.status === "CONFIRMED") {
		await this.publish(tx, OrderConfirmed({ orderId: id, userId, cartId, items, total, currency }), cause);
	}
	if (progress.status === "FAILED") {
		await this.publish(tx, OrderFailed({ orderId: id, userId, cartId, items, reason: failureReason! }), cause);
	}
	this.tellFollowers(tx, order);
}

async function decided(this: Service & OrdersService, tx: Transaction, decided: Decided<CheckoutData>): Promise<void> {
	await settleByHand(this, tx, decided.data.id, decided);
}

interface Way {
	from: OrderStatus[];
	to: OrderStatus;
	paymentStatus?: PaymentStatus;
}

const WAYS: Record<string, (failureReason: string | undefined) => Way> = {
	CART_VALIDATED: () => ({ from: ["PENDING"], to: "CART_VALIDATED" }),
	PAYMENT_PROCESSED: () => ({ from: ["CART_VALIDATED"], to: "PAYMENT_PROCESSED", paymentStatus: "AUTHORIZED" }),
	CONFIRMED: () => ({ from: ["PAYMENT_PROCESSED"], to: "CONFIRMED" }),
	FAILED: (reason) => ({
		from: ["PENDING", "CART_VALIDATED", "PAYMENT_PROCESSED"],
		to: "FAILED",
		...(reason && DECLINES.has(reason) && { paymentStatus: "DECLINED" as const }),
	}),
	COMPENSATED: () => ({ from: ["FAILED"], to: "COMPENSATED" }),
};

const DECLINES = new Set(["PAYMENT_DECLINED", "INSUFFICIENT_FUNDS", "PAYMENT_TOKEN_INVALID"]);

function operationOf(step: Checkout, name: string) {
	return { sagaId: step.sagaId, step: name, operationId: step.operationId };
}

function wanted({ productId, quantity, unitPrice }: NewOrder["items"][number]) {
	return { productId, quantity, unitPrice };
}
