import { countForeignTokens } from "./foreign-tokens";

test("tokens that somebody else has signed are told of when they are many, once a minute", () => {
	let nowMs = 0;
	const lines: string[] = [];
	const foreign = countForeignTokens(
		(line) => void lines.push(line),
		() => nowMs,
	);
	const bring = (count: number): void => {
		for (let brought = 0; brought < count; brought++) foreign();
	};

	bring(9);
	const told = [lines.length];
	nowMs = 60_000;
	bring(9);
	told.push(lines.length);
	bring(1_000);
	told.push(lines.length);
	nowMs = 120_000;
	bring(10);
	told.push(lines.length);

	expect(told).toEqual([0, 0, 1, 2]);
	expect(lines[0]).toContain("JWT_SECRET");
});
