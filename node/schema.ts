import fs from "node:fs/promises";
import path from "node:path";
import { buildSchema } from "graphql";
import type { ServiceSchema } from "moleculer";
import { schemaOf } from "../mixins/apollo/sdl";
import { gatewayTypes } from "../services/gateway/gateway.graphql";
import { openApiOf } from "../services/gateway/openapi";
import type { Resources } from "../services/resources";
import { services } from "../services/services";
import { topology } from "../services/topology";
import { projectRoot } from "./project";
import { readSettings } from "./settings";

const SDL = path.join(projectRoot, "services/gateway/schema.graphql");
/** What front ends rely on. */
const PUBLISHED = path.join(projectRoot, "services/gateway/published.graphql");
const OPEN_API = path.join(projectRoot, "services/gateway/openapi.json");

/** What the services declare together: to clients of GraphQL as SDL, to those of REST as OpenAPI. */
export function currentSchema(): string {
	return schemaOf(declared(), { baseSchema: gatewayTypes });
}

export function currentOpenApi(): string {
	const document = openApiOf({ services: declared(), schema: buildSchema(currentSchema()) });
	return `${JSON.stringify(document, null, "\t")}\n`;
}

function declared(): ServiceSchema[] {
	const nothing = new Proxy({}, { get: () => () => undefined });
	const resources = {
		settings: readSettings({}),
		topology,
		transport: nothing,
		jwtSecret: "",
		database: () => ({ url: "postgres://nowhere" }),
		missing: () => [],
		absent: () => [],
		alone: true,
	} as unknown as Resources;
	const { gateway: _, ...others } = services;
	return Object.values(others).map((service) => service(resources));
}

if (require.main === module) {
	const publishes = process.argv.includes("--publish");
	Promise.all([
		fs.writeFile(SDL, currentSchema()),
		fs.writeFile(OPEN_API, currentOpenApi()),
		...(publishes ? [fs.writeFile(PUBLISHED, currentSchema())] : []),
	]).catch((error: unknown) => {
		process.stderr.write(`${(error as Error).message}\n`);
		process.exitCode = 1;
	});
}
