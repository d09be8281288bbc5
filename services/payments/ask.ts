import { PaymentUnavailableError } from "./payments.errors";

/** How long a provider may take for one answer. */
const PROVIDER_TIMEOUT_MS = 5_000;

/**
 * Puts one question to the provider and waits no longer than its time, also when it does not heed the signal.
 * @throws {PaymentUnavailableError} whatever went wrong: whether the provider acted is not known then
 */
export async function ask<Answer>(
	orderId: string,
	question: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
	const signal = AbortSignal.timeout(PROVIDER_TIMEOUT_MS);
	try {
		return await Promise.race([question(signal), endOf(signal)]);
	} catch (error) {
		throw new PaymentUnavailableError(orderId, (error as Error).message);
	}
}

function endOf(signal: AbortSignal): Promise<never> {
	return new Promise((_resolve, reject) => {
		signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
	});
}
