import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { atItsLine, blocksOf, moduleOf, ROOT, type Block } from "./blocks";

/**
 * What the documents print is a project that compiles. Their code is written into a folder that lies over this one, in
 * files of the documents' names; what it takes for granted is in the file beside this one that bears the document's name.
 */

const OVERLAY = path.join(ROOT, "dist/documents");
const TAKEN_FOR_GRANTED: Record<string, string> = {
	"CONTRIBUTING.md": "contributing",
	"docs/front-end.md": "front-end",
	"docs/mixins.md": "mixins",
};

const documents = [
	"README.md",
	"CONTRIBUTING.md",
	...fs
		.readdirSync(path.join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
		.map((name) => `docs/${name.replaceAll("\\", "/")}`)
		.filter((name) => name.endsWith(".md")),
];
const blocks = documents.flatMap(blocksOf);
const exists = (file: string): boolean => fs.existsSync(path.join(ROOT, file));

function write(file: string, text: string): void {
	const place = path.join(OVERLAY, file);
	fs.mkdirSync(path.dirname(place), { recursive: true });
	fs.writeFileSync(place, text);
}

/** Takes all that it declares from the file of what the document takes for granted. */
function importOf(document: string): string {
	const name = TAKEN_FOR_GRANTED[document]!;
	const text = fs.readFileSync(path.join(__dirname, `${name}.ts`), "utf8");
	const names = [...text.matchAll(/^export (?:declare )?(?:const|function|class|type|interface) (\w+)/gm)];
	const place = path.posix.join(path.posix.relative(path.posix.dirname(document), "."), `tests/documents/${name}`);
	return `import { ${names.map(([, one]) => one).join(", ")} } from "${place.startsWith(".") ? place : `./${place}`}";`;
}

function compile(): string {
	fs.rmSync(OVERLAY, { recursive: true, force: true });
	for (const document of Object.keys(TAKEN_FOR_GRANTED)) {
		const own = blocks.filter((block) => block.document === document && block.file === undefined);
		write(`${document}.ts`, moduleOf(own, importOf(document)));
	}
	for (const block of blocks) if (block.file && !exists(block.file)) write(block.file, atItsLine(block));
	write("mistake.ts", "export const mistake: number = 'seen';\n");
	const options = { noEmit: true, noUnusedLocals: false, noUnusedParameters: false, rootDirs: ["../..", "."] };
	write(
		"tsconfig.json",
		JSON.stringify({
			extends: "../../tsconfig.json",
			compilerOptions: { ...options, rootDir: "../.." },
			include: [".", "../../types"],
			// Not what it would be: all below dist.
			exclude: [],
		}),
	);
	const { stdout } = spawnSync(
		process.execPath,
		[path.join(ROOT, "node_modules/typescript/bin/tsc"), "-p", OVERLAY, "--pretty", "false"],
		{
			cwd: OVERLAY,
			encoding: "utf8",
		},
	);
	return stdout;
}

test("what the documents print compiles as it is printed", () => {
	expect(new Set(blocks.map(({ document }) => document))).toEqual(
		new Set(["README.md", ...Object.keys(TAKEN_FOR_GRANTED)]),
	);
	expect(blocks.length).toBeGreaterThan(15);

	const said = compile();

	// The one mistake that was put there.
	expect(said).toMatch(/^mistake\.ts\(1,14\): error TS2322: [^\n]*\n$/);
});

test("what they print of a file that is there stands in it", () => {
	const quoted = blocks.filter(
		(block): block is Block & { file: string } => block.file !== undefined && exists(block.file),
	);

	expect(quoted.length).toBeGreaterThan(0);
	for (const { file, code } of quoted) {
		expect(fs.readFileSync(path.join(ROOT, file), "utf8").replaceAll("\r\n", "\n")).toContain(code);
	}
});
