import type { ServiceBroker } from "moleculer";
import { demoAdmin, type DemoAdmin } from "./secrets";
import type { Settings } from "./settings";

/** What a start found or made. */
export interface FirstData {
	/** In development without ADMIN_EMAIL. */
	admin: DemoAdmin | undefined;
	/** Demo products that were loaded by this start. */
	productsSeeded: number;
}

/** Makes what a shop needs to begin with, where this node hosts the service that owns it. Safe to run twice. */
export async function firstData(broker: ServiceBroker, settings: Settings): Promise<FirstData> {
	const hosts = (name: Settings["services"][number]): boolean => settings.services.includes(name);
	const admin = !settings.admin && !settings.production ? await demoAdmin(settings) : undefined;
	const account = settings.admin ?? admin;
	if (account && hosts("users")) {
		await broker.call("users.ensureAdmin", { email: account.email, password: account.password });
	}
	const productsSeeded =
		settings.seed === "demo" && hosts("products")
			? await broker.call<number, object>("products.seed", {}, { timeout: 60_000 })
			: 0;
	return { admin: hosts("users") ? admin : undefined, productsSeeded };
}
