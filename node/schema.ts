import fs from "node:fs/promises";
import path from "node:path";
import { schemaOf } from "../mixins/apollo/sdl";
import { gatewayTypes } from "../services/gateway/gateway.graphql";
import type { Resources } from "../services/resources";
import { services } from "../services/services";
import { topology } from "../services/topology";
import { projectRoot } from "./project";
import { readSettings } from "./settings";

const FILE = path.join(projectRoot, "services/gateway/schema.graphql");

/** The GraphQL schema that the services declare together, as SDL. */
export function currentSchema(): string {
	const nothing = new Proxy({}, { get: () => () => undefined });
	const resources = {
		settings: readSettings({}),
		topology,
		transport: nothing,
		jwtSecret: "",
		databaseUrl: () => "postgres://nowhere",
		missing: () => [],
		alone: true,
	} as unknown as Resources;
	const { gateway: _, ...others } = services;
	return schemaOf(
		Object.values(others).map((service) => service(resources)),
		{ baseSchema: gatewayTypes },
	);
}

if (require.main === module) {
	fs.writeFile(FILE, currentSchema()).catch((error: unknown) => {
		process.stderr.write(`${(error as Error).message}\n`);
		process.exitCode = 1;
	});
}
