import { Pool } from "pg";
import { brokenInvariants } from "../support/invariants";
import { rabbitmqAuditor } from "../support/rabbitmq-auditor";
import { testDatabase, testVhost } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { startShopProcess } from "../support/shop-process";
import { stageOf, type Stage } from "../support/shop-stage";
import { until } from "../support/until";
import { startMortal, type Mortal } from "./mortal";

/** Whom it hits. Gateway and users take no part in what happens after a checkout was accepted. */
export const VICTIMS = ["cart", "orders", "products", "payments"] as const;
export type Victim = (typeof VICTIMS)[number];

/** A shop of five processes on real servers, four of which may die. */
export interface Ground extends AsyncDisposable {
	stage: Stage;
	nodes: Record<Victim, Mortal>;
	/** A sentence for each invariant that does not hold now. */
	broken(): Promise<string[]>;
	/** One more node of this service, under another name. */
	another(service: Victim, name: string): Promise<Mortal>;
}

export async function layGround(): Promise<Ground> {
	const closing: (() => Promise<unknown>)[] = [];
	const close = async (): Promise<void> => {
		for (const each of closing.toReversed()) await each();
	};
	try {
		return { ...(await lay(closing)), [Symbol.asyncDispose]: close };
	} catch (error) {
		await close();
		throw error;
	}
}

async function lay(closing: (() => Promise<unknown>)[]): Promise<Omit<Ground, keyof AsyncDisposable>> {
	const base = await testDatabase();
	closing.push(async () => base[Symbol.asyncDispose]());
	const vhost = await testVhost();
	closing.push(async () => vhost[Symbol.asyncDispose]());
	const database = new Pool({ connectionString: base.url, max: 4, application_name: "molecart tests" });
	closing.push(() => database.end());
	const auditor = await rabbitmqAuditor(vhost.url);
	closing.push(async () => auditor[Symbol.asyncDispose]());

	const environment = shopEnvironment(base.url, vhost.url);
	const start = async (service: string, name: string): Promise<Mortal> => {
		const mortal = await startMortal(name, { ...environment, SERVICES: service });
		closing.push(() => Promise.resolve(mortal[Symbol.asyncDispose]()));
		return mortal;
	};
	const door = await startShopProcess("door", { ...environment, SERVICES: "gateway,users" });
	closing.push(() => door.end("SIGKILL"));
	const [started] = await Promise.all([Promise.all(VICTIMS.map((name) => start(name, name))), door.ready()]);
	const nodes = Object.fromEntries(started.map((mortal) => [mortal.name, mortal])) as Record<Victim, Mortal>;

	const initialStock = new Map<string, number>();
	const stage = stageOf({ url: () => door.url, database, auditor, initialStock });
	await until(() => stage.door.graphql("{ products { totalItems } }"), {
		what: "the door to know them all",
		withinMs: 60_000,
	});
	return {
		stage,
		nodes,
		broken: async () => brokenInvariants({ database, heard: await auditor.heard(), initialStock }),
		another: start,
	};
}
