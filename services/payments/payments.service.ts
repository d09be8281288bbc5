import type { Service, ServiceSchema } from "moleculer";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { defineService } from "../../mixins/define";
import { oldDiscards } from "../../mixins/events/dead-letters/old-discards";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { Retention } from "../../mixins/retention/retention.mixin";
import { operationParams } from "../../mixins/saga/participant";
import { SagaParticipant } from "../../mixins/saga/participant.mixin";
import type { Resources } from "../resources";
import { authorise } from "./authorise";
import { settleByHand } from "./by-hand";
import { hearOfApproval } from "./late";
import type { PaymentProvider } from "./providers/provider";
import { sandboxProvider } from "./providers/sandbox";
import { capture, refund } from "./settle";
import { voidPayment } from "./void";

/** What the handlers of this service find in `this`. */
export type PaymentsService = Service & WithDatabase & WithOutbox & { provider: PaymentProvider; currency: string };

const operation = operationParams;
const orderId = "uuid";
const amount = { type: "number", integer: true, min: 0 };
const currency = { type: "string", length: 3 };
/** What the order came to; a node of before doesn't say. */
const sum = { amount: { ...amount, optional: true }, currency: { ...currency, optional: true } };

/** The shop's own books of what was paid; the money itself is the provider's business. */
export default function payments({ settings, transport, topology, database }: Resources): ServiceSchema {
	let provider: PaymentProvider;

	return defineService<PaymentsService>({
		name: "payments",
		mixins: [
			Retention(oldDiscards("payments", settings.discardHistoryDays)),
			SagaParticipant({ schema: "payments", historyDays: settings.sagaHistoryDays, owner: "orders" }),
			Outbox({ schema: "payments", transport, topology, historyDays: settings.eventHistoryDays }),
			Database(database("payments")),
		],
		actions: {
			authorise: {
				params: { operation, orderId, amount, currency },
				handler: authorise,
			},
			void: { params: { operation, orderId }, handler: voidPayment },
			capture: { params: { operation, orderId, ...sum }, handler: capture },
			refund: { params: { operation, orderId, ...sum }, handler: refund },
			settleByHand: {
				params: {
					operation,
					orderId,
					what: { type: "enum", values: ["capture", "refund", "void"] },
					isDone: "boolean",
					by: "string",
					reason: "string",
				},
				handler: settleByHand,
			},
		},
		created() {
			this.currency = settings.currency;
			provider = sandboxProvider(database("sandbox_provider").url);
			this.provider = provider;
		},
		started() {
			provider.listen((approval) => hearOfApproval(this, approval));
		},
		async stopped() {
			await provider.close();
		},
	});
}
