import type { PublishOutcome } from "../transport";
import type { Answer } from "./confirms";
import type { Route } from "./routes";

/** An alarm in RabbitMQ withholds confirms without a word; longer than a commit of its quorum ever takes. */
export const CONFIRM_TIMEOUT_MS = 5_000;

/** A message that RabbitMQ has not answered yet. */
export interface Sent {
	route: Route;
	sentMs: number;
	/** The first outcome counts. */
	settle(outcome: PublishOutcome): void;
	/** Gives back its slot; once. */
	leave(): void;
}

export function lose(unanswered: readonly Sent[], reason: string): void {
	for (const sent of unanswered) {
		sent.leave();
		sent.settle({ confirmed: false, reason });
	}
}

export const OUTCOMES: Record<Answer, PublishOutcome> = {
	taken: { confirmed: true },
	returned: { confirmed: false, reason: "no queue is bound for it", fault: "message" },
	refused: { confirmed: false, reason: "RabbitMQ refused it (its queue is full or has no leader)", fault: "route" },
};

export const TOO_LATE: PublishOutcome = {
	confirmed: false,
	reason: `no confirm within ${CONFIRM_TIMEOUT_MS / 1_000} s`,
};
