import { spawnSync } from "node:child_process";
import { coresIn, coresToBindTo, startedOn } from "../../simulator/world/cores";

test.each([
	["0", [0]],
	["0-3", [0, 1, 2, 3]],
	["1,4-6,9", [1, 4, 5, 6, 9]],
	["", []],
])("of %j", (list, expected) => {
	expect(coresIn(list)).toEqual(expected);
});

test("a program that is started on one of them stays there", () => {
	const cores = coresToBindTo();
	const print = "console.log(require('node:fs').readFileSync('/proc/self/status', 'utf8'))";

	const allowed = cores.slice(0, 2).map((core) => {
		const { execPath, execArgv } = startedOn(core, process.execPath);
		const { stdout } = spawnSync(execPath, [...execArgv, "-e", print], { encoding: "utf8" });
		return /^Cpus_allowed_list:\s*(.*)$/m.exec(stdout)?.[1];
	});

	expect(allowed).toEqual(cores.slice(0, 2).map(String));
});
