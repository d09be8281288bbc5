import fs from "node:fs";
import path from "node:path";
import { eventDocuments, PUBLISHED } from "../node/events";
import { projectRoot } from "../node/project";

const documents = eventDocuments();
const asyncApi = JSON.parse(documents.get("docs/asyncapi.json")!) as Record<string, unknown>;

test.each([...documents.keys()])("%s is what the code says: npm run events writes it anew", (file) => {
	const checkedIn = fs.existsSync(path.join(projectRoot, file))
		? fs.readFileSync(path.join(projectRoot, file), "utf8").replaceAll("\r\n", "\n")
		: "";

	expect(checkedIn).toBe(documents.get(file));
});

test("no published version lies beside the code without belonging to it", () => {
	const known = [...documents.keys()].filter((file) => file.startsWith("docs/events/"));

	expect(fs.readdirSync(PUBLISHED).map((name) => `docs/events/${name}`)).toEqual(known.toSorted());
});

test("the AsyncAPI document has the form of AsyncAPI 3.0 and of its AMQP binding 0.3.0", () => {
	const { asyncapi, info, channels, operations, components } = asyncApi as unknown as AsyncApi;

	expect(asyncapi).toBe("3.0.0");
	expect(info).toEqual({
		title: expect.stringMatching(/./) as string,
		version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
		description: expect.stringMatching(/./) as string,
	});
	for (const { messages, bindings } of Object.values(channels)) {
		expect(Object.keys(messages).length).toBeGreaterThan(0);
		const { is, bindingVersion, ...named } = bindings.amqp;
		expect(bindingVersion).toBe("0.3.0");
		expect(Object.keys(named)).toEqual([is === "queue" ? "queue" : "exchange"]);
	}
	for (const { action, channel, messages } of Object.values(operations)) {
		expect(["send", "receive"]).toContain(action);
		// An operation takes its messages from its channel, not from the components.
		for (const { $ref } of messages) expect($ref.startsWith(`${channel.$ref}/messages/`)).toBe(true);
	}
	for (const { payload } of Object.values(components.messages)) expect(payload).toBeDefined();
});

interface Reference {
	$ref: string;
}

interface AsyncApi {
	asyncapi: string;
	info: object;
	channels: Record<string, { messages: object; bindings: { amqp: Record<string, unknown> } }>;
	operations: Record<string, { action: string; channel: Reference; messages: Reference[] }>;
	components: { messages: Record<string, { payload: object }> };
}

test("every reference in the AsyncAPI document leads somewhere", () => {
	const references = [...documents.get("docs/asyncapi.json")!.matchAll(/"\$ref": "#\/([^"]+)"/g)].map(
		([, target]) => target!,
	);
	const found = (target: string): unknown =>
		target.split("/").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], asyncApi);

	expect(references.length).toBeGreaterThan(50);
	expect(references.filter((target) => found(target) === undefined)).toEqual([]);
});
