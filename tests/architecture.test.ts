import fs from "node:fs";
import path from "node:path";

/**
 * Who may import whom: services → mixins → packages, never back, never sideways. What a rule here forbids needs a new
 * place, not an exception.
 */

const ROOT = path.join(__dirname, "..");
const FOLDERS = [
	"services",
	"mixins",
	"migrations",
	"node",
	"embedded",
	"types",
	"benchmarks",
	"examples",
	"tests",
	"simulator",
];

interface SourceFile {
	/** From the project's folder, e.g. `services/cart/checkout.ts`. */
	file: string;
	text: string;
	isTest: boolean;
	/** The project's own files that it imports, by their names from the project's folder without `.ts`. */
	imports: string[];
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\(\s*)"(\.{1,2}\/[^"]*|\.{1,2})"/g;

function sourceFile(file: string): SourceFile {
	const text = fs.readFileSync(path.join(ROOT, file), "utf8");
	const imports = [...text.matchAll(IMPORT)].map(([, target]) =>
		path.posix.normalize(path.posix.join(path.posix.dirname(file), target!)),
	);
	const isTest =
		file.endsWith(".test.ts") || /^(tests|benchmarks|simulator)\//.test(file) || file.includes("/testing/");
	return { file, text, isTest, imports };
}

const all: SourceFile[] = [
	...FOLDERS.flatMap((folder) =>
		fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
	),
	"moleculer.config.ts",
]
	.filter((file) => file.endsWith(".ts"))
	.map((file) => sourceFile(file));

const program = all.filter(({ isTest }) => !isTest);

/** `services/cart/checkout` → `cart`; undefined for the files that put the services together. */
const serviceOf = (file: string): string | undefined => /^services\/([^/]+)\//.exec(file)?.[1];

/** The imports that a rule does not allow, as sentences. */
function offences(files: readonly SourceFile[], allows: (target: string, from: SourceFile) => boolean): string[] {
	return files.flatMap((from) =>
		from.imports.filter((target) => !allows(target, from)).map((target) => `${from.file} imports ${target}`),
	);
}

/** Lies beside the services and knows none of them. */
function isShared(target: string): boolean {
	const found = program.find(({ file }) => file === `${target}.ts`);
	return found !== undefined && serviceOf(target) === undefined && !found.imports.some(serviceOf);
}

const within = (folder: string) => program.filter(({ file }) => file.startsWith(`${folder}/`));

test("the rules see the program", () => {
	expect(program.length).toBeGreaterThan(100);
	expect(program.flatMap(({ imports }) => imports).length).toBeGreaterThan(300);
	expect(sourceFile("services/services.ts").imports).toContain("services/orders/orders.service");
});

test("a service imports itself, mixins, and of its neighbours only their events", () => {
	const services = program.filter(({ file }) => serviceOf(file) !== undefined);

	const found = offences(services, (target, { file }) => {
		if (target.startsWith("mixins/") || target.startsWith("node/")) return true;
		return serviceOf(target) === serviceOf(file) || isShared(target) || target.endsWith(".events");
	});

	expect(found).toEqual([]);
});

test("of a node the services know its settings and where the project is, nothing else", () => {
	const found = offences(
		within("services"),
		(target) => !target.startsWith("node/") || target === "node/settings" || target === "node/project",
	);

	expect(found).toEqual([]);
});

test.each([
	["mixins", ["mixins/"]],
	["migrations", ["migrations/", "mixins/database/"]],
	["embedded", ["embedded/"]],
	["types", ["types/", "mixins/"]],
])("%s know nothing of the shop and of the node", (folder, allowed) => {
	const found = offences(within(folder), (target) => allowed.some((start) => target.startsWith(start)));

	expect(found).toEqual([]);
});

test("tests of the mixins don't know the shop either", () => {
	const tests = all.filter(({ file, isTest }) => isTest && /^(mixins|tests\/mixins)\//.test(file));

	expect(offences(tests, (target) => !/^(services|node)\//.test(target))).toEqual([]);
});

test("the examples need nothing but the mixins", () => {
	expect(within("examples").length).toBeGreaterThan(5);
	expect(offences(within("examples"), (target) => /^(examples|mixins)\//.test(target))).toEqual([]);
});

test("what runs imports nothing of the tests, benchmarks and simulator", () => {
	expect(offences(program, (target) => !/^(tests|benchmarks|simulator)\//.test(target))).toEqual([]);
});

test("the world of the simulator knows nothing of the shop", () => {
	const world = all.filter(({ file }) => file.startsWith("simulator/world/"));

	expect(world.length).toBeGreaterThan(40);
	expect(offences(world, (target) => /^(simulator\/world|embedded|mixins)\//.test(target))).toEqual([]);
});

test("the environment is read only where it becomes settings", () => {
	/** Passes on to PostgreSQL what a child process needs of it, such as PATH, and takes no setting from it. */
	const passesItOn = new Set(["embedded/launch.ts"]);

	// An example is a project of its own.
	const shop = program.filter(({ file }) => !file.startsWith("examples/"));
	const found = shop.filter(({ file, text }) => {
		const uses = text.split("process.env").length - 1;
		const settings = text.split("readSettings(process.env)").length - 1;
		return uses > settings && !passesItOn.has(file);
	});
	const places = program.filter(({ text }) => text.includes("readSettings(process.env)")).map(({ file }) => file);

	expect(found.map(({ file }) => file)).toEqual([]);
	expect(places.filter((file) => !/^node\/|^moleculer\.config\.ts$/.test(file))).toEqual([]);
});

test("a service opens its database first and closes it last, and nothing consumes before it can publish", () => {
	// Moleculer starts the last mixin first, and stops it last.
	const order = ["Retention", "Events", "Sagas", "SagaParticipant", "Outbox", "Database"];
	const lists = [...within("services"), ...within("examples")].flatMap(({ file, text }) => {
		const list = /\bmixins: \[([^;]*?)\n?\t*\],\n/.exec(text)?.[1];
		const names = [...(list ?? "").matchAll(new RegExp(`\\b(${order.join("|")})\\(`, "g"))].map(([, name]) => name!);
		return names.length > 0 ? [{ file, names }] : [];
	});

	expect(lists.length).toBeGreaterThan(5);
	for (const { file, names } of lists) {
		expect({ file, names }).toEqual({ file, names: order.filter((name) => names.includes(name)) });
		expect(names).toContain("Database");
	}
});

test("no file has outgrown three hundred lines, which are two ideas", () => {
	const long = all
		.filter(({ file }) => !file.startsWith("tests/"))
		.map(({ file, text }) => ({ file, lines: text.split("\n").length - 1 }))
		.filter(({ lines }) => lines > 300);

	expect(long).toEqual([]);
});
