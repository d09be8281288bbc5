import { createDefinitions, type ServiceDefinition } from "./definitions";

const service = (fullName: string, type: string, extra: Partial<ServiceDefinition> = {}): ServiceDefinition => ({
	name: fullName,
	fullName,
	settings: { graphql: { type } },
	actions: {},
	...extra,
});

const action = (name: string) => ({ [name]: { name, graphql: { query: name }, params: { id: "string" } } });
const resolver = (field: string) => ({ T: { [field]: { action: field } } });

test("learning the same again is no news, in whatever order", () => {
	const definitions = createDefinitions();

	expect(definitions.learn([service("a", "type A"), service("b", "type B")])).toBe(true);
	expect(definitions.learn([service("b", "type B"), service("a", "type A")])).toBe(false);
	expect(definitions.learn([service("b", "type B { id: ID }")])).toBe(true);
});

test("what has left stays known", () => {
	const definitions = createDefinitions();
	definitions.learn([service("a", "type A"), service("b", "type B")]);

	expect(definitions.learn([])).toBe(false);
	expect(definitions.all().map(({ fullName }) => fullName)).toEqual(["a", "b"]);
});

test("services without GraphQL don't matter", () => {
	const definitions = createDefinitions();

	expect(definitions.learn([{ name: "$node", fullName: "$node", settings: {}, actions: {} }])).toBe(false);
	expect(definitions.all()).toEqual([]);
});

test("two versions of a service side by side are known with what either declares", () => {
	const definitions = createDefinitions();
	const old = service("a", "type A", { actions: action("a.old") });
	const young = service("a", "type B", { actions: { ...action("a.old"), ...action("a.new") } });
	old.settings!.graphql!.resolvers = resolver("one");
	young.settings!.graphql!.resolvers = resolver("two");

	definitions.learn([old, young]);

	const [known] = definitions.all();
	expect(Object.keys(known!.actions)).toEqual(["a.old", "a.new"]);
	expect(known!.settings!.graphql).toEqual({
		type: ["type A", "type B"],
		resolvers: { T: { one: { action: "one" }, two: { action: "two" } } },
	});
	expect(definitions.paramsOf("a.new")).toEqual({ id: "string" });
});
