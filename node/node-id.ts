import { randomBytes } from "node:crypto";
import os from "node:os";

/** Containers may share the name of their host, and in each the process has the same number. */
const RANDOM_BYTES = 4;

/** An id that no other node has: of whom or where, which process, and something that is like no other. */
export function newNodeId(of = os.hostname().toLowerCase()): string {
	return `${of}-${process.pid}-${randomBytes(RANDOM_BYTES).toString("hex")}`;
}
