import { onScopeDispose, ref, shallowRef } from "vue";
import { OneOrder, OrderUpdated, type OrderFields } from "../graphql/documents";
import { ask } from "../graphql/client";
import { errorFrom, nullIfNowhere, type ShopError, toShopError } from "../graphql/shop-error";
import { isOver } from "./life";

/** While no socket brings the news, one looks for oneself: as often as a person would. */
const POLL_MS = 2_000;
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
	let timer: ReturnType<typeof setTimeout> | undefined;
	let resubscribing: ReturnType<typeof setTimeout> | undefined;

	const take = (next: OrderFields): void => {
		const shown = order.value;
		// A slow answer may be older than what the socket brought meanwhile.
		if (!shown || next.history.length >= shown.history.length) order.value = next;
		error.value = undefined;
		if (isOver(next)) stop("settled");
	};

	const look = async (): Promise<void> => {
		try {
			const found = await ask(OneOrder, { id }).then(({ order: there }) => there, nullIfNowhere);
			if (stopped) return;
			if (found) return take(found);
			isNowhere.value = true;
			stop("settled");
		} catch (problem) {
			const failure = toShopError(problem);
			if (stopped) return;
			// One that passes is the indicator's to show; the order on the page is still true.
			if (!failure.isPassing || !order.value) error.value = failure;
		}
	};

	/** Goes on while it isn't live; looks at once when it begins. */
	const poll = async (): Promise<void> => {
		clearTimeout(timer);
		if (stopped) return;
		await look();
		if (!stopped && connection.value !== "live") timer = setTimeout(() => void poll(), POLL_MS);
	};

	const subscribe = async (): Promise<void> => {
		// Its code may not come, as anything from a shop that is away: then one looks, and tries again.
		const code = await import("./socket").catch(() => undefined);
		if (stopped) return;
		if (!code) return again();
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
						connection.value = "live";
						take(data.orderUpdated);
					} else if (errors?.[0]) error.value = errorFrom(errors[0]);
				},
				error: again,
				complete: again,
			},
		);
	};

	const again = (): void => {
		if (stopped) return;
		connection.value = "polling";
		void poll();
		clearTimeout(resubscribing);
		resubscribing = setTimeout(() => void subscribe(), RESUBSCRIBE_MS);
	};

	const stop = (as: Connection): void => {
		stopped = true;
		connection.value = as;
		clearTimeout(timer);
		clearTimeout(resubscribing);
		forgetState();
		// A subscription that completes is over already, and one may not be ended from inside its own answer.
		setTimeout(unsubscribe);
	};

	void poll();
	void subscribe();
	onScopeDispose(() => stop(connection.value));

	return { order, error, isNowhere, connection, take, look };
}
