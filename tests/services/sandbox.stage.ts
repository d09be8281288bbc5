import { randomUUID } from "node:crypto";
import { sharePool } from "../../mixins/database/pools";
import { sql } from "../../mixins/database/statement";
import type { PaymentProvider, ProviderAnswer, ProviderRequest } from "../../services/payments/providers/provider";
import { sandboxProvider } from "../../services/payments/providers/sandbox";
import { testDatabase } from "../support/servers";

/** Of somebody who waits for nothing that takes time on purpose. */
export const NO_TIME = AbortSignal.abort();

/** A request of an order that nobody has asked for anything; with `of` another one of the same order. */
export function newRequest(of: Partial<ProviderRequest> = {}): ProviderRequest {
	return { orderId: randomUUID(), amount: 1_999, currency: "USD", ...of, operationId: randomUUID() };
}

/** What gives an authorisation back. */
export function voidOf(request: ProviderRequest): ProviderRequest & { authorisationId: string } {
	return { ...newRequest(request), authorisationId: request.operationId };
}

/** The sandbox provider without a shop. */
export interface Sandbox extends AsyncDisposable {
	url: string;
	provider: PaymentProvider;
	authorise(request: ProviderRequest, token?: string): Promise<ProviderAnswer>;
	look<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
	ledger(request: ProviderRequest): Promise<string[]>;
	/** When the shop is to be told of an authorisation, each time, in milliseconds by the database's clock. */
	notices(request: ProviderRequest): Promise<number[]>;
	/** What the database's clock says, in milliseconds. */
	clock(): Promise<number>;
}

export async function openSandbox(): Promise<Sandbox> {
	const { url, [Symbol.asyncDispose]: drop } = await testDatabase();
	const share = sharePool({ url });
	const provider = sandboxProvider(url);
	const look: Sandbox["look"] = (text, values) => share.database.query(sql("", text), values);
	return {
		url,
		provider,
		authorise: (request, token = "tok_approve") => provider.authorise({ ...request, token }, NO_TIME),
		look,
		async ledger({ orderId }) {
			const text = "SELECT kind, amount, currency FROM sandbox_provider.ledger WHERE order_id = $1 ORDER BY at";
			const rows = await look<{ kind: string; amount: number; currency: string }>(text, [orderId]);
			return rows.map(({ kind, amount, currency }) => `${kind} ${amount} ${currency}`);
		},
		async notices({ orderId }) {
			const text = "SELECT due_at FROM sandbox_provider.notices WHERE order_id = $1 ORDER BY due_at, id";
			return (await look<{ due_at: Date }>(text, [orderId])).map((notice) => notice.due_at.getTime());
		},
		clock: async () => (await look<{ at: Date }>("SELECT clock_timestamp() AS at"))[0]!.at.getTime(),
		async [Symbol.asyncDispose]() {
			await provider.close();
			await share.release();
			await drop();
		},
	};
}
