import { onScopeDispose, ref, shallowRef } from "vue";
import { OneOrder, OrderUpdated, type OrderFields } from "../graphql/documents";
import { ask } from "../graphql/client";
import { endPauses, pause } from "../graphql/pause";
import type { Outcome } from "../graphql/persist";
import { errorFrom, nullIfNowhere, type ShopError, toShopError } from "../graphql/shop-error";
import { isOver } from "./life";
import { looking } from "./looking";

/** At least: a subscription may begin well, and end again, any number of times. */
const RESUBSCRIBE_MS = 5_000;

/** `settled`: nothing more will happen, so nobody listens any more. */
export type Connection = "connecting" | "live" | "polling" | "settled";

/** An order that changes before one's eyes: over a WebSocket, and by asking again whenever that is away. */
export function useLiveOrder(id: string, first?: OrderFields) {
	const order = shallowRef<OrderFields | undefined>(first);
	const error = shallowRef<ShopError>();
	const connection = ref<Connection>("connecting");
	/** There is no such order, or it is somebody else's. */
	const isNowhere = ref(false);
	let stopped = false;
	let unsubscribe = (): void => undefined;
	let forgetState = (): void => undefined;
	let interruptions = 0;

	const take = (next: OrderFields): void => {
		const shown = order.value;
		// A slow answer may be older than what the socket brought meanwhile.
		if (!shown || next.history.length >= shown.history.length) order.value = next;
		error.value = undefined;
		if (isOver(next)) stop("settled");
	};

	const look = async (): Promise<Outcome> => {
		try {
			const found = await ask(OneOrder, { id }).then(({ order: there }) => there, nullIfNowhere);
			if (stopped) return undefined;
			if (found) take(found);
			else {
				isNowhere.value = true;
				stop("settled");
			}
			return undefined;
		} catch (problem) {
			const failure = toShopError(problem);
			// One that passes is the indicator's to show; the order on the page is still true.
			if (!stopped && (!failure.isPassing || !order.value)) error.value = failure;
			return failure;
		}
	};

	/** While no socket brings the news, one looks for oneself. */
	const poll = looking(look, () => !stopped && connection.value !== "live");

	const subscribe = async (): Promise<void> => {
		// Its code may not come, as anything from a shop that is away: then one looks, and tries again.
		const code = await import("./socket").catch(() => undefined);
		if (stopped) return;
		if (!code) return void again();
		const { onSocketState, socket } = code;
		forgetState();
		forgetState = onSocketState((state) => {
			if (stopped) return;
			if (state === "closed" && connection.value !== "polling") {
				connection.value = "polling";
				void poll();
			}
		});
		unsubscribe = socket().subscribe<{ orderUpdated: OrderFields }>(
			{ query: OrderUpdated.text, variables: { orderId: id } },
			{
				next({ data, errors }) {
					if (stopped) return;
					if (data) {
						if (connection.value !== "live") endPauses();
						connection.value = "live";
						interruptions = 0;
						take(data.orderUpdated);
					} else if (errors?.[0]) error.value = errorFrom(errors[0]);
				},
				error: () => void again(),
				complete: () => void again(),
			},
		);
	};

	const again = async (): Promise<void> => {
		if (stopped) return;
		connection.value = "polling";
		void poll();
		await pause(interruptions++, RESUBSCRIBE_MS);
		if (!stopped) await subscribe();
	};

	const stop = (as: Connection): void => {
		stopped = true;
		connection.value = as;
		forgetState();
		// A subscription that completes is over already, and one may not be ended from inside its own answer.
		setTimeout(unsubscribe);
	};

	void poll();
	void subscribe();
	onScopeDispose(() => stop(connection.value));

	return { order, error, isNowhere, connection, take, look };
}
