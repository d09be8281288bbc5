import { explained } from "./explained";
import { fateOf } from "./judge";
import { readMutants } from "./mutants";
import { openResults } from "./results";
void (async () => {
	const r = openResults("/work/h/mutation/.mutations/simulated.json", "/work/h/mutation");
	const all = (await readMutants("/tmp/fake-units.json")).filter((m) => m.file === process.argv[2]);
	const c: Record<string, number> = {};
	for (const m of all) {
		const f = fateOf(m, r.of(m), explained);
		c[f.kind] = (c[f.kind] ?? 0) + 1;
		if (f.kind === "survived" || f.kind === "not run") console.log(f.kind, m.mutator, m.at, "→", m.to);
	}
	console.log(c);
})();
