import pg from "pg";
import { PROVE, ReadOnlyServerError, type WriteProof } from "../mixins/database/read-only";
import { readMigrations } from "../migrations/files";
import { migrate } from "../migrations/migrate";
import path from "node:path";
import { projectRoot } from "./project";
import type { DatabaseRole } from "../services/resources";
import { compare, refuseWrongClock, type Difference } from "./clock";
import { otherCollation } from "./collation";
import { accessBy, doorsOf, type Access, type Door } from "./access";
import { idsOf, type DatabaseIds } from "./database-ids";
import { reach, type Patience } from "./reach";
import { provideRoles } from "./roles";
import { databaseUrlOf, type OwningService, type ServiceName, type Settings } from "./settings";
import { clientConfig } from "../mixins/database/client-config";

const SCHEMA_OF: Record<DatabaseRole, string> = {
	users: "users",
	products: "catalog",
	cart: "cart",
	orders: "orders",
	payments: "payments",
	sandbox_provider: "sandbox_provider",
	events: "events",
};

/** Who comes with a service beside itself. */
const COMPANY: Partial<Record<OwningService, readonly DatabaseRole[]>> = { payments: ["sandbox_provider"] };

/** One database of this node. */
export interface NodeDatabase {
	variable: string;
	/** As whoever brings it up to date. */
	url: string;
	/** Who works on it. */
	roles: DatabaseRole[];
	/** Those of them who have no URL of their own, and so work as PostgreSQL roles of their own. */
	sharing: DatabaseRole[];
}

/** The databases of this node, before anything is done to them. */
export interface Databases {
	/** Where events wait that no broker carries. */
	eventsUrl: string;
	/** Each once. */
	all: NodeDatabase[];
}

/** @param embeddedUrl the embedded database's, where it runs */
export function databasesOf(settings: Settings, embeddedUrl: string | undefined): Databases {
	const all = new Map<string, NodeDatabase>();
	const add = (variable: string, url: string, roles: readonly DatabaseRole[], isShared: boolean): void => {
		const known = all.get(url) ?? { variable, url, roles: [], sharing: [] };
		known.roles.push(...roles);
		if (isShared) known.sharing.push(...roles);
		all.set(url, known);
	};
	const sharedUrl = settings.databaseUrl ?? embeddedUrl;
	const hosted = settings.services.filter((name): name is OwningService => name !== "gateway");
	for (const service of hosted) {
		const own = settings.databaseUrlOf[service];
		const url = own ?? sharedUrl;
		if (!url) throw new Error(`There is no database for ${service}`);
		const variable = own ? `${service.toUpperCase()}_DATABASE_URL` : "DATABASE_URL";
		add(variable, url, [service, ...(COMPANY[service] ?? [])], !own);
	}
	const eventsUrl = sharedUrl ?? (hosted[0] && settings.databaseUrlOf[hosted[0]]) ?? "";
	if (!settings.amqpUrl && eventsUrl) add("DATABASE_URL", eventsUrl, ["events"], eventsUrl === sharedUrl);
	return { eventsUrl, all: [...all.values()] };
}

/** Whether some service of this node, or the events, have no database but the embedded one. */
export function needsEmbedded(settings: Settings): boolean {
	const hosted = settings.services.filter((name: ServiceName): name is OwningService => name !== "gateway");
	return hosted.some((service) => !databaseUrlOf(settings, service));
}

/** Waits for the databases to answer, and to take what is written. @throws {UnreachableError} {@link ClockError} */
export async function reachDatabases({ all }: Databases, patience?: Patience): Promise<void> {
	for (const { variable, url } of all) {
		refuseWrongClock(variable, await reach(variable, url, () => compareClocks(url), patience));
	}
}

/** A database of this node, and who it says that it is. */
export interface KnownDatabase extends NodeDatabase {
	ids: DatabaseIds;
}

/** What has become of the databases of a node. */
export interface Prepared {
	known: KnownDatabase[];
	/** The migrations that were applied now. */
	applied: string[];
	access: Access;
	/** A sentence for each database whose services don't work as roles of their own, or that was sorted by other rules. */
	warnings: string[];
}

/** Brings the schemas up to date, settles as whom their services work, and asks each database who it is. */
export async function prepareDatabases({ all }: Databases): Promise<Prepared> {
	const files = await readMigrations(path.join(projectRoot, "migrations"));
	const applied: string[] = [];
	const warnings: string[] = [];
	const doors: Door[] = [];
	const known: KnownDatabase[] = [];
	for (const database of all) {
		const { variable, url, roles, sharing } = database;
		const schemas = roles.map((role) => SCHEMA_OF[role]);
		let refusal: string | undefined;
		const afterwards = async (migrator: pg.Client): Promise<void> => {
			known.push({ ...database, ids: await idsOf(migrator) });
			const sortedOtherwise = roles.includes("products") ? await otherCollation(migrator, variable) : undefined;
			if (sortedOtherwise !== undefined) warnings.push(sortedOtherwise);
			if (sharing.length === 0) return;
			const wanted = sharing.map((role) => ({ role, schema: SCHEMA_OF[role] }));
			refusal = await provideRoles(migrator, url, wanted);
			if (refusal !== undefined) warnings.push(workAsOne(variable, migrator.user!, refusal));
		};
		applied.push(...(await migrate(url, schemas, files, afterwards)));
		doors.push(...doorsOf(database, refusal === undefined ? sharing : []));
	}
	return { known, applied, access: accessBy(doors), warnings };
}

function workAsOne(variable: string, user: string, refusal: string): string {
	return (
		`The services of ${variable} work as its user "${user}", and not each as a PostgreSQL role of its own: ${refusal}. ` +
		`Let that user make roles (ALTER ROLE ${pg.escapeIdentifier(user)} CREATEROLE), or give each service a URL of its ` +
		"own; docs/operating.md says how."
	);
}

async function compareClocks(url: string): Promise<Difference> {
	const client = new pg.Client({ ...clientConfig(url), connectionTimeoutMillis: 3_000 });
	// The question in work is told as well; without a listener the event would end the process.
	client.on("error", () => undefined);
	try {
		await client.connect();
		const difference = await compare(async () => {
			const { rows } = await client.query<WriteProof>(PROVE.text);
			const { written, at } = rows[0]!;
			if (written === null) throw new ReadOnlyServerError();
			return at;
		});
		return difference ?? { leastMs: 0, mostMs: Infinity };
	} finally {
		await client.end();
	}
}
