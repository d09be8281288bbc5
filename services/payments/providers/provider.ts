import type { RefusalReason } from "../payments.errors";

/** One request to a provider. Its id is the idempotency key: the same request twice is done once. */
export interface ProviderRequest {
	operationId: string;
	orderId: string;
	/** Minor units. */
	amount: number;
	/** ISO 4217 */
	currency: string;
}

/** What a provider says to an authorisation. */
export type ProviderAnswer = { approved: true } | { approved: false; reason: RefusalReason };

/**
 * Whoever moves the money. A real provider is one more file like `sandbox.ts`.
 * Each method may throw anything, or be cut off by the signal, without that telling whether it was done: callers ask
 * again with the same operation id, or `lookUp`.
 */
export interface PaymentProvider {
	authorise(request: ProviderRequest & { token: string }, signal: AbortSignal): Promise<ProviderAnswer>;
	/** Whether this authorisation was approved, whenever its answer got lost. */
	lookUp(operationId: string): Promise<boolean>;
	capture(request: ProviderRequest): Promise<void>;
	/** Gives an authorisation back; one that has not arrived yet will be refused. */
	void(request: ProviderRequest & { authorisationId: string }): Promise<void>;
	refund(request: ProviderRequest): Promise<void>;
	close(): Promise<void>;
}
