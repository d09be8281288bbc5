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

/** How far a payment has come by the provider's own books; `unknown` where it has never authorised it. */
export type Standing = "unknown" | "authorised" | "captured" | "voided" | "refunded";

/** What a provider says without being asked: that it has authorised, after its time was over or a second time. */
export type LateApproval = ProviderRequest;

/**
 * Whoever moves the money. A real provider is one more file like `sandbox.ts`.
 * Each method may throw anything, or be cut off by the signal, without that telling whether it was done: callers ask
 * again with the same operation id, or `lookUp`.
 */
export interface PaymentProvider {
	authorise(request: ProviderRequest & { token: string }, signal: AbortSignal): Promise<ProviderAnswer>;
	/** Whether this authorisation was approved, whenever its answer got lost. */
	lookUp(operationId: string, signal: AbortSignal): Promise<boolean>;
	/** Refuses what was voided, and another sum or currency than was authorised. */
	capture(request: ProviderRequest, signal: AbortSignal): Promise<void>;
	/** What has become of an authorisation by the provider's own books, whoever asked for it, at a desk as well. */
	standing(authorisationId: string, signal: AbortSignal): Promise<Standing>;
	/**
	 * Gives an authorisation back; one that has not arrived yet will be refused, or told of as approved late. A void that has
	 * found no authorisation must not be remembered as done: after a late approval the same request comes again, and has to
	 * give that one back.
	 */
	void(request: ProviderRequest & { authorisationId: string }, signal: AbortSignal): Promise<void>;
	/** Refuses another sum or currency than was captured. */
	refund(request: ProviderRequest, signal: AbortSignal): Promise<void>;
	/** Hands each late approval to `hear`, from any node, at least once and again until `hear` has succeeded. */
	listen(hear: (approval: LateApproval) => Promise<void>): void;
	close(): Promise<void>;
}
