import fs from "node:fs";
import path from "node:path";

/**
 * What is imported is declared: a package that is there only because another one needs it may be gone, or another one,
 * after any update.
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
	"public",
];

/** Builds, and runs where development dependencies are installed. */
const BUILDS = /^(public\/|node\/(build|web|web-typecheck)\.js$)/;
const TESTS = /^(tests|benchmarks|simulator)\/|\/testing\/|\.test\.ts$|^jest\.config\.js$/;

const IMPORT =
	/(?:^\s*(?:import|export)\b[^;"'`]*?\bfrom\s*|^\s*import\s*|\bimport\s*\(\s*|\brequire(?:\.resolve)?\(\s*)["']([^"']+)["']/gm;

interface Package {
	dependencies: Record<string, string>;
	devDependencies: Record<string, string>;
	optionalDependencies: Record<string, string>;
}
const declared = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8")) as Package;

const files = [
	...FOLDERS.flatMap((folder) =>
		fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
	),
	"moleculer.config.ts",
	"jest.config.js",
]
	.map((file) => file.replaceAll("\\", "/"))
	.filter((file) => /\.(ts|js|mts|vue)$/.test(file));

/** `graphql` of `graphql/language`, `@apollo/server` of `@apollo/server/errors`. */
const packageOf = (target: string): string => target.split("/", target.startsWith("@") ? 2 : 1).join("/");

function targetsOf(file: string): string[] {
	const text = fs.readFileSync(path.join(ROOT, file), "utf8");
	return [...text.matchAll(IMPORT)].map(([, target]) => target!);
}

const packagesOf = (file: string): string[] =>
	targetsOf(file)
		.filter((target) => !/^(\.|node:)/.test(target))
		.map((target) => packageOf(target));

test("every package that is imported is declared, and where a program runs not only for development", () => {
	const running = { ...declared.dependencies, ...declared.optionalDependencies };
	const everything = { ...running, ...declared.devDependencies };

	const undeclared = files.flatMap((file) => {
		const known = BUILDS.test(file) || TESTS.test(file) ? everything : running;
		return packagesOf(file)
			.filter((name) => !(name in known))
			.map((name) => `${file} imports ${name}`);
	});

	expect(files.flatMap(packagesOf).length).toBeGreaterThan(300);
	expect(undeclared).toEqual([]);
});

test("docs/mixins.md names the packages that the mixins of its page need, and no other", () => {
	const page = fs.readFileSync(path.join(ROOT, "docs/mixins.md"), "utf8");
	const sentence = /copy `mixins\/` and `types\/`, and take (.*?) from this project's `package\.json`/.exec(page)![1]!;
	const shown = [...page.matchAll(/\]\(\.\.\/(mixins\/[^)]*?\.ts)\)|from "\.\.\/(mixins\/[^"]*)"/g)];
	const needed = new Set<string>();
	const seen = new Set<string>();

	const visit = (file: string): void => {
		if (seen.has(file)) return;
		seen.add(file);
		for (const target of targetsOf(file)) {
			if (target.startsWith(".")) visit(`${path.posix.join(path.posix.dirname(file), target)}.ts`);
			else if (!target.startsWith("node:")) needed.add(packageOf(target));
		}
	};
	for (const [, link, imported] of shown) visit(link ?? `${imported}.ts`);

	expect(seen.size).toBeGreaterThan(50);
	expect([...sentence.matchAll(/`(.*?)`/g)].map(([, name]) => name!).toSorted()).toEqual([...needed].toSorted());
});
