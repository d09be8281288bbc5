import fs from "node:fs";
import { sendWhole } from "../../mixins/http/whole-answer";
import { readOnly } from "./read-only";

interface Parameter {
	name: string;
	in: string;
	required?: boolean;
	schema: object;
}

interface Operation {
	operationId: string;
	description?: string;
	security?: unknown[];
	parameters?: Parameter[];
	requestBody?: { content: Record<string, { schema: object }> };
	responses: Record<string, { description: string; content: Record<string, { schema: object }> }>;
}

interface Document {
	info: { title: string; description: string };
	paths: Record<string, Record<string, Operation>>;
	components: { schemas: Record<string, object> };
}

const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
h2 { margin-top: 2.5rem; border-top: 1px solid; padding-top: 1rem } code, pre { font-size: .9rem } pre { overflow-x: auto }
summary { cursor: pointer } table { border-collapse: collapse } td, th { text-align: left; padding: .1rem 1rem .1rem 0; vertical-align: top }`;

/** moleculer-web's routes for whoever wants to know what REST offers: the document, and in development a page of it. */
export function restDocsRoutes(file: string, { development }: { development: boolean }): Record<string, unknown>[] {
	const text = fs.readFileSync(file, "utf8");
	const page = pageOf(JSON.parse(text) as Document);
	const route = (path: string, aliases: object) => ({ path, mappingPolicy: "restrict", bodyParsers: false, aliases });
	const document = route("/api/openapi.json", { "/": answering("application/json", text) });
	const pages = { "/": answering("text/html", page), "/style.css": answering("text/css", STYLE) };
	return development ? [document, route("/api/docs", pages)] : [document];
}

function answering(type: string, text: string) {
	return readOnly((_request, response) => {
		const headers = { "content-type": `${type}; charset=utf-8`, "cache-control": "no-cache" };
		sendWhole(response, 200, { headers, body: text });
	});
}

/** Needs no script, so it lives with the same policy as everything else. */
function pageOf({ info, paths, components }: Document): string {
	const operations = Object.entries(paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, operation]) => sectionOf(`${method.toUpperCase()} ${path}`, operation)),
	);
	const types = Object.entries(components.schemas).map(
		([name, schema]) => `<details id="${name}"><summary><code>${name}</code></summary>${json(schema)}</details>`,
	);
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${info.title} REST</title>
<link rel="stylesheet" href="/api/docs/style.css">
<h1>${info.title} REST</h1>
<p>${escaped(info.description)} The machine's version is at <a href="/api/openapi.json">/api/openapi.json</a>.</p>
${operations.join("\n")}
<h2>Types</h2>
${types.join("\n")}
</html>
`;
}

function sectionOf(title: string, { description = "", security, parameters = [], requestBody, responses }: Operation) {
	const rows = parameters.map(
		({ name, in: place, required, schema }) =>
			`<tr><td><code>${name}</code></td><td>${place}${required ? ", required" : ""}</td><td><code>${escaped(JSON.stringify(schema))}</code></td></tr>`,
	);
	const answers = Object.entries(responses).map(
		([status, answer]) =>
			`<tr><td><code>${status}</code></td><td>${escaped(answer.description)}${typeOf(answer)}</td></tr>`,
	);
	const body =
		requestBody && `<details><summary>Body</summary>${json(requestBody.content["application/json"]!.schema)}</details>`;
	return `<h2><code>${escaped(title)}</code></h2>
<p>${escaped(description)}${security ? " Needs an access token." : ""}</p>
${rows.length > 0 ? `<table>${rows.join("")}</table>` : ""}
${body ?? ""}
<details><summary>Answers</summary><table>${answers.join("")}</table></details>`;
}

function typeOf({ content }: Operation["responses"][string]): string {
	const reference = (content["application/json"]!.schema as { $ref?: string }).$ref?.split("/").at(-1);
	return reference ? `: <a href="#${reference}"><code>${reference}</code></a>` : "";
}

function json(value: object): string {
	return `<pre>${escaped(JSON.stringify(value, null, 2))}</pre>`;
}

function escaped(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
