import type { Message } from "./message";
import type { QueueSurroundings } from "./queue";

/** How many dead letters of one queue are on their way at once, as RabbitMQ's dead_letter_worker_consumer_prefetch. */
const UNDER_WAY_MAX = 32;

/** RabbitMQ's dead_letter_worker_publisher_confirm_timeout. */
const AGAIN_MS = 180_000;

/** Dead-lettering at least once: a letter stays until a queue has confirmed it. */
export interface Forwarding {
	forward(letter: Message): void;
	/** The server has stopped: what was on its way is sent again. */
	restart(): void;
	end(): void;
}

interface Letter {
	message: Message;
	/** One that found no queue has failed, and is tried again after a while. */
	state: "waiting" | "sent" | "failed";
}

export function forwarding(queue: string, world: QueueSurroundings): Forwarding {
	const letters = new Set<Letter>();
	let isOver = false;
	let again: (() => void) | undefined;

	function offer(): void {
		world.soon(`dead-letter ${queue}`, () => {
			if (!isOver) send();
		});
	}

	function send(): void {
		let underWay = 0;
		for (const letter of letters) {
			if (++underWay > UNDER_WAY_MAX) return;
			if (letter.state !== "waiting") continue;
			letter.state = "sent";
			const routed = world.publish(letter.message, (isTaken) => {
				if (!isTaken) return fail(letter);
				letters.delete(letter);
				if (letters.size >= UNDER_WAY_MAX) offer();
			});
			if (routed === 0) fail(letter);
		}
	}

	function fail(letter: Letter): void {
		letter.state = "failed";
		again ??= world.after(AGAIN_MS, () => {
			again = undefined;
			for (const each of letters) if (each.state === "failed") each.state = "waiting";
			offer();
		});
	}

	return {
		forward(message) {
			letters.add({ message, state: "waiting" });
			offer();
		},
		restart() {
			for (const letter of letters) letter.state = "waiting";
			if (letters.size > 0) offer();
		},
		end() {
			isOver = true;
			again?.();
		},
	};
}
