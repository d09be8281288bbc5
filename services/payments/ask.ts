import { PaymentUnavailableError, TooLateToAskError } from "./payments.errors";

/** How long a provider may take for one answer. */
export const PROVIDER_TIMEOUT_MS = 5_000;

/**
 * How long all that one step asks of others may take: a second less than its saga waits for it, in which the answer is
 * written down and on its way. A step that took longer would count as a service that is away, which costs no attempt.
 */
export const STEP_MS = 7_000;

/** With less time left nobody is asked: an answer that comes too late would be taken for none. */
const ANSWER_MS_MIN = 1_000;

/** What is left of a step's time, in milliseconds. */
export type StepTime = () => number;

export function stepTime(): StepTime {
	const endsAtMs = performance.now() + STEP_MS;
	return () => endsAtMs - performance.now();
}

/**
 * Puts one question to the provider and waits no longer than its time, also when it does not heed the signal.
 * @throws {PaymentUnavailableError} whatever went wrong: whether the provider acted is not known then
 * @throws {TooLateToAskError} when others have used the time up; then the provider was not asked
 */
export async function ask<Answer>(
	orderId: string,
	leftMs: StepTime,
	question: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
	const forMs = Math.min(PROVIDER_TIMEOUT_MS, Math.floor(leftMs()));
	if (forMs < ANSWER_MS_MIN) throw new TooLateToAskError(orderId);
	const signal = AbortSignal.timeout(forMs);
	try {
		return await Promise.race([question(signal), endOf(signal)]);
	} catch (error) {
		throw new PaymentUnavailableError(orderId, (error as Error).message);
	}
}

function endOf(signal: AbortSignal): Promise<never> {
	return new Promise((_resolve, reject) => {
		signal.addEventListener("abort", () => reject(signal.reason as Error));
	});
}
