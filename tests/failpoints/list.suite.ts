import { layGround } from "./ground";
import { survey } from "./survey";

/** `npm run failpoints`: walks each path once and prints every point that the nodes have passed. */
test("the failpoints of each path", async () => {
	await using ground = await layGround();

	const found = await survey(ground);

	const lines = found.map(({ path, victim, at }) => `${path.name.padEnd(8)}  ${victim.padEnd(8)}  ${at}`);
	process.stdout.write(`${lines.join("\n")}\n${found.length} failpoints\n`);
	expect(found.length).toBeGreaterThan(100);
});
