import fs from "node:fs";
import path from "node:path";
import { buildSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType, parse, print } from "graphql";
import { breakingChanges } from "../mixins/apollo/sdl";
import { currentOpenApi, currentSchema } from "../node/schema";

const BUILT_IN = new Set(["ID", "Int", "String", "Boolean", "Float"]);
const ROOTS = new Set(["Query", "Mutation", "Subscription"]);

test("the checked-in schema is what the services declare: npm run schema writes it anew", () => {
	const file = path.join(__dirname, "../services/gateway/schema.graphql");

	// Printed alike, since the formatter has its own idea of spaces.
	const checkedIn = print(parse(fs.readFileSync(file, "utf8")));

	expect(checkedIn).toBe(print(parse(currentSchema())));
});

test("the checked-in OpenAPI document is what the services declare: npm run schema writes it anew", () => {
	const file = path.join(__dirname, "../services/gateway/openapi.json");

	const checkedIn: unknown = JSON.parse(fs.readFileSync(file, "utf8"));

	expect(checkedIn).toEqual(JSON.parse(currentOpenApi()));
});

test("nothing that the published schema promises is gone: npm run schema:publish accepts what it says is", () => {
	const published = fs.readFileSync(path.join(__dirname, "../services/gateway/published.graphql"), "utf8");

	expect(breakingChanges(published, currentSchema())).toEqual([]);
});

test("an argument that is younger than its field has no default, which the gateway would send to nodes that don't know it", () => {
	const file = path.join(__dirname, "../services/gateway/published.graphql");
	const [published, current] = [buildSchema(fs.readFileSync(file, "utf8")), buildSchema(currentSchema())];
	const given: string[] = [];

	for (const before of Object.values(published.getTypeMap())) {
		const type = current.getType(before.name);
		if (isInputObjectType(before) && isInputObjectType(type))
			for (const { name, defaultValue } of Object.values(type.getFields()))
				if (!before.getFields()[name] && defaultValue !== undefined) given.push(`${type.name}.${name}`);
		if (!isObjectType(before) || !isObjectType(type)) continue;
		for (const { name: field, args } of Object.values(before.getFields()))
			for (const { name, defaultValue } of type.getFields()[field]?.args ?? [])
				if (!args.some((arg) => arg.name === name) && defaultValue !== undefined)
					given.push(`${type.name}.${field}(${name})`);
	}

	expect(given).toEqual([]);
});

test("every type, field, argument and value says what it is", () => {
	const types = Object.values(buildSchema(currentSchema()).getTypeMap());
	const ours = types.filter(({ name }) => !name.startsWith("__") && !BUILT_IN.has(name));
	const missing: string[] = [];
	const look = (name: string, { description }: { description?: string | null | undefined }) => {
		if (!/[.…]$/.test(description ?? "") && !ROOTS.has(name)) missing.push(name);
	};

	for (const type of ours) {
		look(type.name, type);
		if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
		if (isInputObjectType(type))
			for (const field of Object.values(type.getFields())) look(`${type.name}.${field.name}`, field);
		if (!isObjectType(type) && !isInterfaceType(type)) continue;
		for (const field of Object.values(type.getFields())) {
			look(`${type.name}.${field.name}`, field);
			for (const arg of field.args) look(`${type.name}.${field.name}(${arg.name})`, arg);
		}
	}

	expect(ours.length).toBeGreaterThan(30);
	expect(missing).toEqual([]);
});

test("whatever the OpenAPI document points to is in it", () => {
	const text = currentOpenApi();
	const { components } = JSON.parse(text) as { components: { schemas: object } };

	const references = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!);

	expect(new Set(references)).toEqual(new Set(Object.keys(components.schemas)));
});
