import type { OrderFields } from "../graphql/documents";

/** Who reads of an order: whoever has ordered it, or an operator who looks after it. */
export type Reader = "customer" | "operator";

/** A sentence for each of them. */
export type Voices = Record<Reader, string>;

export const voices = (customer: string, operator: string): Voices => ({ customer, operator });

/** What decides which sentences are true of an order. */
export type OrderState = Pick<OrderFields, "status" | "paymentStatus">;
