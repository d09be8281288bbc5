import type { Service, ServiceSchema } from "moleculer";
import type { DbAdapter } from "moleculer-db";
import type { Transaction } from "../../mixins/database/database";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { PUBLISH_EVENT } from "../../mixins/apollo/pubsub";
import { defineService } from "../../mixins/define";
import { oldDiscards } from "../../mixins/events/dead-letters/old-discards";
import { Events } from "../../mixins/events/events.mixin";
import { hint } from "../../mixins/hint";
import { oldKeys } from "../../mixins/idempotency/old-keys";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { Retention } from "../../mixins/retention/retention.mixin";
import { Sagas, type WithSagas } from "../../mixins/saga/saga.mixin";
import { SKIP, TAKE } from "../pages";
import type { Resources } from "../resources";
import { READ_TIMEOUT_MS } from "../timeouts";
import { byHandSaga } from "./by-hand.saga";
import { cancellationSaga } from "./cancellation.saga";
import { checkoutSaga } from "./checkout.saga";
import { givingBackSaga } from "./giving-back.saga";
import { cancelOrder, deliverOrder, shipOrder } from "./life";
import { ordersConsumers } from "./orders.consumers";
import { ordersGraphQL, ordersOperations } from "./orders.graphql";
import { order } from "./orders.model";
import { getOrder, orders as listOrders, resolveOrders } from "./reading";
import type { OrderView } from "./orders.view";

/** What the handlers of this service find in `this`. */
export type OrdersService = Service &
	WithDatabase &
	WithOutbox &
	WithSagas & {
		adapter: DbAdapter;
		/** Tells the gateways, after the commit, how an order is now. Who misses it can ask. */
		tellFollowers(tx: Transaction, order: OrderView | undefined): void;
	};

const statuses = [
	"PENDING",
	"CART_VALIDATED",
	"PAYMENT_PROCESSED",
	"CONFIRMED",
	"FAILED",
	"COMPENSATED",
	"CANCELLED",
	"SHIPPED",
	"DELIVERED",
];

/** What customers have bought. Born in checkout; ends delivered, cancelled or compensated. */
export default function orders({ settings, transport, topology, database, alone }: Resources): ServiceSchema {
	return defineService<OrdersService>({
		name: "orders",
		mixins: [
			Retention([
				...oldKeys("orders", ["cancel"], settings.idempotencyKeyDays),
				...oldDiscards("orders", settings.discardHistoryDays),
			]),
			Events({ schema: "orders", transport, consumers: ordersConsumers }),
			Sagas(
				{ schema: "orders", alone, historyDays: settings.sagaHistoryDays },
				checkoutSaga(settings.reservationTtlS),
				cancellationSaga,
				byHandSaga,
				givingBackSaga,
			),
			Outbox({ schema: "orders", transport, topology, historyDays: settings.eventHistoryDays }),
			Database({ ...database("orders"), model: order }),
		],
		settings: { graphql: ordersGraphQL },
		actions: {
			list: {
				timeout: READ_TIMEOUT_MS,
				access: "user",
				graphql: ordersOperations.list,
				params: {
					$$strict: true,
					status: { type: "enum", values: statuses, optional: true },
					mine: { type: "boolean", default: false, convert: true },
					skip: SKIP,
					take: TAKE,
				},
				handler: listOrders,
			},
			get: {
				timeout: READ_TIMEOUT_MS,
				access: "user",
				graphql: ordersOperations.get,
				params: { $$strict: true, id: "uuid" },
				handler: getOrder,
			},
			cancel: {
				access: "user",
				graphql: ordersOperations.cancel,
				params: {
					$$strict: true,
					id: "uuid",
					reason: { type: "text", max: 500, optional: true },
					idempotencyKey: { type: "string", min: 1, max: 200, optional: true },
				},
				handler: cancelOrder,
			},
			ship: {
				access: "admin",
				graphql: ordersOperations.ship,
				params: { $$strict: true, id: "uuid" },
				handler: shipOrder,
			},
			deliver: {
				access: "admin",
				graphql: ordersOperations.deliver,
				params: { $$strict: true, id: "uuid" },
				handler: deliverOrder,
			},

			resolve: {
				timeout: READ_TIMEOUT_MS,
				access: "admin",
				params: { ids: { type: "array", items: { type: "uuid" }, max: 1_000 } },
				handler: resolveOrders,
			},
		},
		methods: {
			tellFollowers(tx: Transaction, view: OrderView | undefined) {
				if (!view) return;
				tx.afterCommit(() => hint(this, PUBLISH_EVENT, { tag: `order.${view.id}`, payload: view }));
			},
		},
	});
}
