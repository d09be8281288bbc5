import path from "node:path";
import type { startNode } from "../../node/node";
import type { readSettings } from "../../node/settings";

/** The shop's program, as a simulation starts it. */
export interface Program {
	startNode: typeof startNode;
	readSettings: typeof readSettings;
}

const ROOT = path.join(__dirname, "../..");

/**
 * The program of a folder, beside others of this process: it has modules of its own, and shares the packages, so that it is
 * simulated as well. Its `node_modules` is a link to those of this one.
 */
export function loadProgram(folder = ROOT): Program {
	const load = <Module>(file: string): Module => require(path.join(folder, file)) as Module;
	return {
		...load<Pick<Program, "startNode">>("node/node.ts"),
		...load<Pick<Program, "readSettings">>("node/settings.ts"),
	};
}
