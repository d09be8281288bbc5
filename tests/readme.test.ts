import fs from "node:fs";
import path from "node:path";

/** What the documents say is true as far as a machine can tell. */

const ROOT = path.join(__dirname, "..");

const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), "utf8");

const DOCUMENTS = [
	"README.md",
	"CONTRIBUTING.md",
	"CHANGELOG.md",
	...fs
		.readdirSync(path.join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".md"))
		.map((file) => `docs/${file.replaceAll("\\", "/")}`),
];

test("the README names every variable of the environment, and no other", () => {
	const source = read("node/settings.ts");
	const services = /SERVICE_NAMES = \[(.*?)\]/.exec(source)![1]!.match(/\w+/g)!;
	const databases = services.flatMap((name) => (name === "gateway" ? [] : `${name.toUpperCase()}_DATABASE_URL`));
	const single = [...source.matchAll(/\bread\.\w+\(env, "([A-Z_]+)"/g)].map(([, name]) => name!);

	const table = /^## Environment$(.*?)^## /ms.exec(read("README.md"))![1]!;
	const firstCells = [...table.matchAll(/^\| (`.*?) +\|/gm)].map(([, cell]) => cell!);
	const described = firstCells.flatMap((cell) => cell.match(/[A-Z_]+/g)!);

	expect(described.toSorted()).toEqual([...new Set([...single, ...databases])].toSorted());
});

test("every command that the documents print is one of package.json", () => {
	const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
	const printed = DOCUMENTS.flatMap((file) => [...read(file).matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)]);

	const unknown = printed.map(([, name]) => name!).filter((name) => !(name in scripts));

	expect(unknown).toEqual([]);
});

test("the migration that CONTRIBUTING adds has a number that is free", () => {
	const number = /\b(\d{3})_count_purchases\.sql/.exec(read("CONTRIBUTING.md"))![1]!;

	const taken = fs.readdirSync(path.join(ROOT, "migrations")).filter((name) => name.startsWith(number));

	expect(taken).toEqual([]);
});

test.each(DOCUMENTS)("every link of %s leads to a file, and to a heading that is there", (document) => {
	const links = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);

	const broken = links.filter((link) => !/^\w+:/.test(link) && !leadsSomewhere(document, link));

	expect(broken).toEqual([]);
});

function leadsSomewhere(document: string, link: string): boolean {
	const [target, anchor] = link.split("#");
	const file = target === "" ? document : path.posix.join(path.posix.dirname(document), target!);
	if (!fs.existsSync(path.join(ROOT, file))) return false;
	return anchor === undefined || anchorsOf(read(file)).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): string[] {
	return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
		heading!
			.toLowerCase()
			.replaceAll(/[^\p{L}\p{N} _-]/gu, "")
			.replaceAll(" ", "-"),
	);
}
