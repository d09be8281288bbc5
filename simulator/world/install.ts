import { replaceClock } from "./clock";
import { replaceMachine } from "./machine";
import { replaceSockets } from "./network";
import { replaceDriver } from "./postgres/driver";
import { randomOf, replaceChance, type Random } from "./random";
import { forgetUuids } from "./uuid";
import { compileValidatorsOnce } from "./validators";

/** When a simulation begins that says nothing else. Fixed, so that a seed tells the same story on any day. */
export const START_MS = Date.UTC(2026, 5, 15, 12);

// Jest's workers run one suite after another: the next one would wait for a timer of ours for ever.
if ("expect" in globalThis)
	throw new Error("A simulation takes over its process, so a test has to run it in one of its own");

let chance = randomOf(0);

replaceChance(() => chance);
/** The clock of this process. Imported before anything that keeps a timer, a clock or a source of chance for itself. */
export const clock = replaceClock(START_MS);
replaceSockets();
replaceDriver();
replaceMachine();
compileValidatorsOnce();

/** A new simulation: time and chance begin anew. */
export function beginAnew(random: Random, startMs = START_MS): void {
	chance = random;
	clock.reset(startMs);
	forgetUuids();
}
