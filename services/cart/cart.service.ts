import type { Service, ServiceSchema } from "moleculer";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { defineService } from "../../mixins/define";
import { oldDiscards } from "../../mixins/events/dead-letters/old-discards";
import { Events } from "../../mixins/events/events.mixin";
import { oldKeys } from "../../mixins/idempotency/old-keys";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { Retention } from "../../mixins/retention/retention.mixin";
import { operationParams } from "../../mixins/saga/participant";
import { SagaParticipant } from "../../mixins/saga/participant.mixin";
import { ADDRESS_PARAMS } from "../address";
import type { Resources } from "../resources";
import { READ_TIMEOUT_MS } from "../timeouts";
import { checkoutDetails, findAcceptedOrder, paymentToken } from "./accepted";
import { cartConsumers } from "./cart.consumers";
import { cartGraphQL, cartOperations } from "./cart.graphql";
import { checkout } from "./checkout";
import { joinGuest } from "./join-guest";
import { oldGuestCarts, oldHeldStock } from "./old-carts";
import { giveBack } from "./settle";
import {
	acceptChanges,
	addToCart,
	cartsBeingOrdered,
	clearCart,
	createCart,
	getCart,
	removeFromCart,
	updateItem,
} from "./shopping";

/** What the handlers of this service find in `this`. */
export type CartService = Service & WithDatabase & WithOutbox & { currency: string };

const productId = "uuid";
const cartId = "uuid";
const quantity = { type: "number", integer: true, min: 1, max: 1_000_000 };
const idempotencyKey = { type: "string", min: 1, max: 200, optional: true };
const address = { type: "object", strict: true, optional: true, props: ADDRESS_PARAMS };

/** What shoppers are about to buy: guests and users, until it becomes an order. */
export default function cart({ settings, transport, topology, database }: Resources): ServiceSchema {
	return defineService<CartService>({
		name: "cart",
		mixins: [
			Retention([
				// Not those of checkouts: the same key is the same order for as long as there are orders.
				...oldKeys("cart", ["add"], settings.idempotencyKeyDays),
				...oldDiscards("cart", settings.discardHistoryDays),
				oldGuestCarts(settings.guestCartDays),
				oldHeldStock,
			]),
			Events({ schema: "cart", transport, consumers: cartConsumers }),
			SagaParticipant({ schema: "cart", historyDays: settings.sagaHistoryDays, owner: "orders" }),
			Outbox({ schema: "cart", transport, topology, historyDays: settings.eventHistoryDays }),
			Database(database("cart")),
		],
		settings: { graphql: cartGraphQL },
		actions: {
			get: {
				timeout: READ_TIMEOUT_MS,
				access: "anyone",
				graphql: cartOperations.get,
				params: { $$strict: true, id: { type: "uuid", optional: true } },
				handler: getCart,
			},
			beingOrdered: {
				timeout: READ_TIMEOUT_MS,
				access: "user",
				graphql: cartOperations.beingOrdered,
				params: { $$strict: true },
				handler: cartsBeingOrdered,
			},
			create: {
				access: "anyone",
				params: { $$strict: true, idempotencyKey },
				handler: createCart,
			},
			addItem: {
				access: "anyone",
				graphql: cartOperations.addItem,
				params: { $$strict: true, cartId: { type: "uuid", optional: true }, productId, quantity, idempotencyKey },
				handler: addToCart,
			},
			updateItem: {
				access: "anyone",
				graphql: cartOperations.updateItem,
				params: { $$strict: true, cartId, productId, quantity: { ...quantity, min: 0 } },
				handler: updateItem,
			},
			removeItem: {
				access: "anyone",
				graphql: cartOperations.removeItem,
				params: { $$strict: true, cartId, productId },
				handler: removeFromCart,
			},
			clear: {
				access: "anyone",
				graphql: cartOperations.clear,
				params: { $$strict: true, cartId },
				handler: clearCart,
			},
			acceptChanges: {
				access: "anyone",
				graphql: cartOperations.acceptChanges,
				params: { $$strict: true, cartId },
				handler: acceptChanges,
			},
			checkout: {
				access: "user",
				graphql: cartOperations.checkout,
				params: {
					$$strict: true,
					cartId,
					cartVersion: { type: "number", integer: true, min: 0, optional: true },
					idempotencyKey: { type: "string", min: 1, max: 200 },
					paymentToken: { type: "string", min: 1, max: 200 },
					shippingAddress: address,
				},
				handler: checkout,
			},

			joinGuest: { params: { cartId, userId: "uuid" }, handler: joinGuest },
			giveBack: { params: { operation: operationParams, orderId: "uuid" }, handler: giveBack },
			acceptedOrder: { params: { orderId: "uuid" }, handler: findAcceptedOrder },
			checkoutDetails: { params: { orderId: "uuid" }, handler: checkoutDetails },
			paymentToken: { params: { orderId: "uuid" }, handler: paymentToken },
		},
		created() {
			this.currency = settings.currency;
		},
	});
}
