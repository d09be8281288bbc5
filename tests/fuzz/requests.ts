import type { GraphQLSchema } from "graphql";
import type { RawRequest } from "../api/raw-request";
import type { Chance } from "./chance";
import { operationsBy, type Operation } from "./graphql";
import { mangle, valuesBy, type Things } from "./values";

/** What is sent over HTTP. */
export interface HttpRequest extends RawRequest {
	over: "GraphQL" | "REST";
	path: string;
}

/** What is said on one socket; `null` ends it without a farewell. */
export interface Conversation {
	over: "WebSocket";
	said: (string | Buffer | null)[];
}

interface JsonSchema {
	type?: string | string[];
	format?: string;
	enum?: unknown[];
	properties?: Record<string, JsonSchema>;
	required?: string[];
	items?: JsonSchema;
	anyOf?: JsonSchema[];
}

export interface OpenApi {
	paths: Record<string, Record<string, OpenApiOperation>>;
}

interface OpenApiOperation {
	parameters?: { name: string; in: string; required?: boolean; schema: JsonSchema }[];
	requestBody?: { content: Record<string, { schema: JsonSchema }> };
}

const ODD_PATHS = [
	"/",
	"//",
	"/api",
	"/api/",
	"/api//products",
	"/api/products/",
	"/api/../package.json",
	"/api/%2e%2e/%2e%2e/etc/passwd",
	"/api/products/%00",
	"/api/products/%ff%fe",
	"/api/products/%zz",
	"/api/$node.list",
	"/api/~node/services",
	"/api/users.ensureAdmin",
	"/api/openapi.json",
	"/api/asyncapi.json",
	"/api/docs",
	"/graphql",
	"/graphql/",
	"/graphql/explorer/",
	"/graphql/explorer/..%2f..%2fpackage.json",
	"/health/live",
	"/health/ready",
	"/metrics",
	"/assets/../../package.json",
	"/index.html?%",
	`/${"a/".repeat(500)}`,
	`/api/products?search=${"%25".repeat(300)}`,
];

/** Requests for each door of the shop, all of them from one chance. */
export function requestsBy(chance: Chance, schema: GraphQLSchema, openApi: OpenApi, things: Things) {
	const values = valuesBy(chance, things);
	const operations = operationsBy(chance, schema, values);
	const routes = Object.entries(openApi.paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
	);

	function bodyBy(
		{ type, format, enum: choices, properties, required = [], items, anyOf }: JsonSchema,
		name = "",
	): unknown {
		if (chance.is(0.04)) return values.nonsense();
		if (anyOf) return bodyBy(chance.one(anyOf), name);
		if (choices) return chance.one(choices);
		if (format === "uuid") return values.id(name);
		const kind = Array.isArray(type) ? chance.one(type) : type;
		if (kind === "integer" || kind === "number") return values.int();
		if (kind === "boolean") return values.boolean();
		if (kind === "array") return chance.some([items ?? {}], 3).map((each) => bodyBy(each, name));
		if (kind === "object") {
			const given = Object.entries(properties ?? {}).filter(([field]) =>
				chance.is(required.includes(field) ? 0.97 : 0.5),
			);
			return Object.fromEntries(given.map(([field, each]) => [field, bodyBy(each, field)]));
		}
		return values.text(name);
	}

	function headersFor(): Record<string, string> {
		const token = chance.one(things.tokens);
		return {
			...(chance.is(0.97) && { "content-type": "application/json" }),
			...(chance.is(0.01) && {
				"content-type": chance.one(["text/plain", "application/x-www-form-urlencoded", ";", "a/b"]),
			}),
			...(token !== undefined && { authorization: `Bearer ${token}` }),
			...(chance.is(0.01) && {
				authorization: chance.one(["Bearer", "Bearer x.y.z", "Basic YTpi", `Bearer ${"x".repeat(2_000)}`]),
			}),
			...(chance.is(0.02) && { "x-session": "cookie", cookie: `molecart_session=${"x".repeat(chance.below(50))}; a` }),
			...(chance.is(0.02) && { origin: chance.one(["https://evil.example", "null", "not an origin"]) }),
			...(chance.is(0.02) && { "x-forwarded-for": chance.one(["1.2.3.4", "x, y", "::1"]) }),
			...(chance.is(0.02) && { "x-request-id": chance.one(["a'b", "x".repeat(500), "12345678"]) }),
			...(chance.is(0.02) && { accept: chance.one(["text/html", "*/*;q=0", "application/graphql-response+json"]) }),
			...(chance.is(0.02) && { "accept-language": "x".repeat(300), expect: "100-continue" }),
			...(chance.is(0.01) && { host: chance.one(["evil.example", "x; y", "[::1"]) }),
		};
	}

	/** JSON, or what somebody has made of it. */
	function text(value: unknown): string | Buffer {
		const json = JSON.stringify(value) ?? "";
		if (chance.is(0.95)) return json;
		const kind = chance.below(5);
		if (kind === 0) return `[${json},${json}]`;
		if (kind === 1) return Buffer.concat([Buffer.from(json.slice(0, -1)), Buffer.from([0xff, 0xc0, 0x00])]);
		if (kind === 2) return `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
		if (kind === 3) return json + " ".repeat(150_000);
		return mangle(json, chance);
	}

	const requests = {
		graphql(): HttpRequest {
			const operation = operations.operation(["query", "query", "mutation", "mutation", "subscription"]);
			const headers = headersFor();
			if (chance.is(0.95)) return { over: "GraphQL", path: "/graphql", method: "POST", headers, body: text(operation) };
			const query = new URLSearchParams(
				Object.entries(operation).map(([name, value]): [string, string] => [name, jsonOr(value)]),
			);
			const method = chance.one(["GET", "GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]);
			const asked = { ...headers, ...(chance.is(0.8) && { "apollo-require-preflight": "1" }) };
			return { over: "GraphQL", path: `/graphql?${String(query).slice(0, 12_000)}`, method, headers: asked };
		},

		rest(): HttpRequest {
			const headers = headersFor();
			if (chance.is(0.08)) {
				const method = chance.one(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"]);
				return { over: "REST", path: chance.one(ODD_PATHS), method, headers };
			}
			const { path, method, operation } = chance.one(routes);
			const place = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(jsonOr(values.id(path))));
			const inQuery = (operation.parameters ?? []).filter((each) => each.in === "query" && chance.is(0.4));
			const query = inQuery
				.map(
					({ name, schema: of }) =>
						`${name}${chance.is(0.02) ? "[]" : ""}=${encodeURIComponent(jsonOr(bodyBy(of, name)))}`,
				)
				.concat(chance.is(0.02) ? ["__proto__[role]=ADMIN"] : []);
			const body = operation.requestBody?.content["application/json"]!.schema;
			return {
				over: "REST",
				path: query.length > 0 ? `${place}?${query.join("&")}` : place,
				method: chance.is(0.03) ? chance.one(["PUT", "DELETE", "PATCH", "OPTIONS"]) : method,
				headers: { ...headers, ...(chance.is(0.7) && { "idempotency-key": `key${chance.below(500)}` }) },
				...(body && { body: text(bodyBy(body)) }),
			};
		},

		conversation(): Conversation {
			const token = chance.one(things.tokens);
			const payload = token === undefined ? {} : { authorization: chance.is(0.95) ? `Bearer ${token}` : token };
			const said: Conversation["said"] = chance.is(0.95) ? [JSON.stringify({ type: "connection_init", payload })] : [];
			const ask = (): Operation => operations.operation(["query", "mutation", "subscription", "subscription"]);
			for (let count = 1 + chance.below(8); count > 0; count--) {
				const id = `s${chance.below(20)}`;
				const kind = chance.below(40);
				if (kind < 30) said.push(JSON.stringify({ id, type: "subscribe", payload: ask() }));
				else if (kind < 34) said.push(JSON.stringify({ id, type: "complete" }));
				else if (kind === 34)
					said.push(JSON.stringify({ type: chance.one(["ping", "pong"]), payload: values.nonsense() }));
				else if (kind === 35) said.push(JSON.stringify({ type: "connection_init" }));
				else if (kind === 36)
					said.push(JSON.stringify({ id: values.nonsense(), type: values.nonsense(), payload: values.nonsense() }));
				else if (kind === 37) said.push(Buffer.from([chance.below(256), chance.below(256), 0xff]));
				else if (kind === 38) said.push(mangle(JSON.stringify({ id, type: "subscribe", payload: ask() }), chance));
				else said.push("x".repeat(70_000));
			}
			if (chance.is(0.3)) said.push(null);
			return { over: "WebSocket", said };
		},

		next(): HttpRequest | Conversation {
			const door = chance.below(10);
			if (door < 5) return requests.graphql();
			return door < 9 ? requests.rest() : requests.conversation();
		},
	};
	return requests;
}

/** As it stands in an address. */
function jsonOr(value: unknown): string {
	const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
	// Half a letter can't be written in an address at all.
	return /[\ud800-\udfff]/u.test(text) ? "?" : text;
}
