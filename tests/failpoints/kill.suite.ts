import { layGround } from "./ground";
import { killAtEach, TERMINAL_MS_MAX, reportOf, type Outcome } from "./kill";
import { PATHS } from "./paths";
import { survey } from "./survey";

/** With FAULT_AT, only the failpoints that contain it, their path and their node's name in front: `cancel payments`. */
const { FAULT_AT = "" } = process.env;

/** `npm run failpoints:kill`: a death at every failpoint of every path, one after the other. */
test("a node that dies at any failpoint of any path leaves nothing lost, doubled or half-done", async () => {
	await using ground = await layGround();
	const points = (await survey(ground)).filter(({ path, victim, at }) =>
		`${path.name} ${victim} ${at}`.includes(FAULT_AT),
	);

	const outcomes = await killAtEach(ground, points, {
		terminalMsMax: TERMINAL_MS_MAX,
		tell: (outcome) => process.stdout.write(`${lineOf(outcome)}\n`),
	});

	process.stdout.write(`${reportOf(outcomes, PATHS)}\n`);
	expect(outcomes.flatMap(({ violations }) => violations)).toEqual([]);
	expect(await ground.stage.deadLetters()).toEqual([]);
});

function lineOf({ point, reached, terminalMs, soundMs, violations }: Outcome): string {
	const times = reached ? `${String(terminalMs).padStart(6)} ${String(soundMs).padStart(6)}` : "   not passed";
	return `${times}  ${point.path.name} ${point.victim}  ${point.at} ${violations.map((each) => `VIOLATION: ${each}`).join(" ")}`;
}
