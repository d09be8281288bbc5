import { shopOn, type Shop } from "./shop-id";

/** A shop is made once; a gateway that was there before is not long without it. */
const LOOK_EVERY_MS = 1_000;

/** The id of the shop, as soon as somebody has made it: a gateway has no database in which to make one. */
export function learnShopId(
	shop: Shop,
	amqpUrl: string | undefined,
): { shopId(): string | undefined; stop(): Promise<void> } {
	let known = shop.id;
	let looking = Promise.resolve();
	let timer: NodeJS.Timeout | undefined;
	let isBusy = false;
	const look = async (url: string): Promise<void> => {
		// RabbitMQ is away: the next look finds it, or the one after that.
		known = await shopOn(url, { attempts: 1, pauseMs: 0 }).catch(() => undefined);
		if (known !== undefined) clearInterval(timer);
	};
	if (known === undefined && amqpUrl !== undefined) {
		timer = setInterval(() => {
			if (isBusy) return;
			isBusy = true;
			looking = look(amqpUrl).finally(() => (isBusy = false));
		}, LOOK_EVERY_MS);
	}
	return {
		shopId: () => known,
		async stop() {
			clearInterval(timer);
			await looking;
		},
	};
}
