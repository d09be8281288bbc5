import type { AdminProduct } from "../graphql/documents";
import { minorUnits } from "../ui/money";

export interface ProductDraft {
	sku: string;
	name: string;
	description: string;
	price: string;
	categoryId: string;
	imageUrl: string;
	initialStock: string;
}

export function draftOf(product: AdminProduct | undefined): ProductDraft {
	return {
		sku: product?.sku ?? "",
		name: product?.name ?? "",
		description: product?.description ?? "",
		price: product ? String(product.price.amount / minorUnits(product.price.currency)) : "",
		categoryId: product?.category?.id ?? "",
		imageUrl: product?.imageUrl ?? "",
		initialStock: "0",
	};
}

/** A price as a person writes it, in minor units; undefined where it is none, or finer than the currency. */
export function amountOf(price: string, currency: string): number | undefined {
	const text = price.trim().replace(",", ".");
	if (!/^\d{1,8}(\.\d+)?$/.test(text)) return undefined;
	const amount = Number(text) * minorUnits(currency);
	return Math.abs(amount - Math.round(amount)) < 1e-6 ? Math.round(amount) : undefined;
}

export function draftProblems(draft: ProductDraft, currency: string): Record<string, string> {
	return {
		...(draft.name.trim() === "" && { name: "What is it called?" }),
		...(draft.sku.trim() === "" && { sku: "Which article number?" }),
		...(amountOf(draft.price, currency) === undefined && { price: "A price such as 19.99" }),
		...(!/^\d{1,9}$/.test(draft.initialStock.trim()) && { initialStock: "A whole number, 0 or more" }),
	};
}
