import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { doorOf, type Door } from "./door";
import { figure } from "./report";

/**
 * `node --import tsx benchmarks/login-times.ts --url http://127.0.0.1:3000`: how long the login of a known and of an
 * unknown e-mail address takes, in turns, against a shop that runs with RATE_LIMIT_FACTOR=0.
 */
const { values: options } = parseArgs({
	options: { url: { type: "string", default: "http://127.0.0.1:3000" }, tries: { type: "string", default: "200" } },
});

const LOGIN = "mutation ($input: LoginUserInput!) { loginUser(input: $input) { expiresIn } }";
const REGISTER = "mutation ($input: RegisterUserInput!) { registerUser(input: $input) { expiresIn } }";

async function failingLogin(door: Door, email: string): Promise<number> {
	const body = JSON.stringify({ query: LOGIN, variables: { input: { email, password: "not the password" } } });
	const began = performance.now();
	const answer = await door.post(body);
	const tookMs = performance.now() - began;
	if (!answer.includes("INVALID_CREDENTIALS")) throw new Error(`Another answer than expected: ${answer}`);
	return tookMs;
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function main(): Promise<void> {
	const door = doorOf(options.url);
	const known = `${randomUUID()}@bench.test`;
	await door.ask(REGISTER, { input: { email: known, password: "correct horse battery", name: "Ada" } });
	const times = { known: [] as number[], unknown: [] as number[] };
	for (let attempt = -5; attempt < Number(options.tries); attempt++) {
		const [first, second] = [await failingLogin(door, known), await failingLogin(door, `${randomUUID()}@bench.test`)];
		// The first few warm up.
		if (attempt < 0) continue;
		times.known.push(first);
		times.unknown.push(second);
	}
	const [a, b] = [median(times.known), median(times.unknown)];
	console.log(
		`${options.tries} tries each. Median of a known address ${figure(a)} ms, of an unknown one ${figure(b)} ms`,
	);
	console.log(`Difference ${((Math.abs(a - b) / Math.min(a, b)) * 100).toFixed(1)} %`);
	if (Math.abs(a - b) / Math.min(a, b) > 0.05) process.exitCode = 1;
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
