import { answerTask } from "./child";
import { closedLoop, type Load, type Measured } from "./closed-loop";
import { registerCustomer } from "./customer";

/** Customers who buy from a shop at once, each one thing after another. */
export interface ShoppersTask extends Load {
	url: string;
	productIds: string[];
}

answerTask(async ({ url, productIds, ...load }: ShoppersTask): Promise<Measured> => {
	const customers = await Promise.all(Array.from({ length: load.concurrency }, () => registerCustomer(url)));
	const anyProduct = (): string => productIds[Math.floor(Math.random() * productIds.length)]!;
	const measured = await closedLoop(load, (index) => customers[index]!.buy(anyProduct()));
	await Promise.all(customers.map((customer) => customer.leave()));
	return measured;
});
