import type { Gathering } from "./gathering";
import { METHOD, methodFrame } from "./wire";

/** What a channel has to confirm. */
export interface Confirms {
	/** The client asks for confirms from now on. */
	select(): void;
	/** @returns to be called when it is known whether the next message is safe */
	next(): (isSafe: boolean) => void;
	end(): void;
}

/**
 * Confirms as RabbitMQ puts them together: all up to the oldest message that is not safe yet with one word, and what is
 * safe beyond it one by one.
 */
export function confirms(channel: number, send: (frame: Buffer) => void, { afterwards }: Gathering): Confirms {
	const open = new Set<number>();
	let safe: number[] = [];
	let last = 0;
	let isSelected = false;

	function acknowledge(deliveryTag: number, multiple: boolean): void {
		send(methodFrame(METHOD.BasicAck, channel, { deliveryTag, multiple }));
	}

	function flush(): void {
		const sorted = safe.toSorted((one, other) => one - other);
		safe = [];
		const [oldestOpen = Infinity] = open;
		const inARow = sorted.filter((number) => number < oldestOpen);
		const upTo = inARow.at(-1);
		if (upTo !== undefined) acknowledge(upTo, inARow.length > 1);
		for (const number of sorted.slice(inARow.length)) acknowledge(number, false);
	}

	return {
		select: () => void (isSelected = true),
		next() {
			if (!isSelected) return () => undefined;
			const number = ++last;
			open.add(number);
			return (isSafe) => {
				if (!open.delete(number)) return;
				if (isSafe) safe.push(number);
				else send(methodFrame(METHOD.BasicNack, channel, { deliveryTag: number, multiple: false, requeue: false }));
				afterwards(flush);
			};
		},
		end() {
			open.clear();
			safe = [];
		},
	};
}
