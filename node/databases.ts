import pg from "pg";
import { readMigrations } from "../migrations/files";
import { migrate } from "../migrations/migrate";
import path from "node:path";
import { projectRoot } from "./project";
import { databaseUrlOf, SERVICE_NAMES, type OwningService, type ServiceName, type Settings } from "./settings";
import { reach, type Patience } from "./reach";

/** The schemas that come with each service. */
const SCHEMAS: Record<OwningService, readonly string[]> = {
	users: ["users"],
	products: ["catalog"],
	cart: ["cart"],
	orders: ["orders"],
	payments: ["payments", "sandbox_provider"],
};

/** Where each service of this node finds its schema. */
export interface Databases {
	urlOf(service: OwningService): string;
	/** Where events wait that no broker carries. */
	eventsUrl: string;
	/** Each database of this node once, with the schemas that it holds. */
	all: { variable: string; url: string; schemas: string[] }[];
}

/** @param embeddedUrl the embedded database's, where it runs */
export function databasesOf(settings: Settings, embeddedUrl: string | undefined): Databases {
	const urlOf = (service: OwningService): string => {
		const url = databaseUrlOf(settings, service) ?? embeddedUrl;
		if (!url) throw new Error(`There is no database for ${service}`);
		return url;
	};
	const hosted = settings.services.filter((name): name is OwningService => name !== "gateway");
	const eventsUrl = settings.databaseUrl ?? embeddedUrl ?? (hosted[0] ? urlOf(hosted[0]) : "");
	const all = new Map<string, Databases["all"][number]>();
	const add = (variable: string, url: string, schemas: readonly string[]): void => {
		const known = all.get(url);
		all.set(url, { variable: known?.variable ?? variable, url, schemas: [...(known?.schemas ?? []), ...schemas] });
	};
	for (const service of hosted) {
		const own = settings.databaseUrlOf[service] !== undefined;
		add(own ? `${service.toUpperCase()}_DATABASE_URL` : "DATABASE_URL", urlOf(service), SCHEMAS[service]);
	}
	if (!settings.amqpUrl && eventsUrl) add("DATABASE_URL", eventsUrl, ["events"]);
	return { urlOf, eventsUrl, all: [...all.values()] };
}

/** Whether some service of this node, or the events, have no database but the embedded one. */
export function needsEmbedded(settings: Settings): boolean {
	const hosted = settings.services.filter((name: ServiceName): name is OwningService => name !== "gateway");
	return hosted.some((service) => !databaseUrlOf(settings, service));
}

/** Waits for the databases to answer. @throws {UnreachableError} */
export async function reachDatabases({ all }: Databases, patience?: Patience): Promise<void> {
	for (const { variable, url } of all) await reach(variable, url, () => ping(url), patience);
}

/** Brings the schemas up to date. @returns the migrations applied */
export async function migrateDatabases({ all }: Databases): Promise<string[]> {
	const files = await readMigrations(path.join(projectRoot, "migrations"));
	const applied: string[] = [];
	for (const { url, schemas } of all) applied.push(...(await migrate(url, schemas, files)));
	return applied;
}

async function ping(url: string): Promise<void> {
	const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
	try {
		await client.connect();
		await client.query("SELECT 1");
	} finally {
		await client.end();
	}
}

export function allServices(): OwningService[] {
	return SERVICE_NAMES.filter((name): name is OwningService => name !== "gateway");
}
