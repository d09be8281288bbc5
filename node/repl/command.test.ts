import { ServiceBroker } from "moleculer";
import { forMoleculer, runCommand, type ReplCommand } from "./command";

const broker = new ServiceBroker({ logger: false });

const echo: ReplCommand = {
	usage: "echo <first> [others...]",
	description: "says what it heard",
	options: { loud: { description: "shouts" }, to: { value: "name", description: "whom" } },
	run: async (_broker, input) => {
		if (input.args.length === 0) throw new Error("Nothing was said.");
		return JSON.stringify(input);
	},
};

test("a command gets every argument, and the options wherever they stand", async () => {
	const said = await runCommand(echo, broker, ["a", "--loud", "b", "--to", "Ada Lovelace", "c"]);

	expect(JSON.parse(said)).toEqual({ args: ["a", "b", "c"], options: { loud: true, to: "Ada Lovelace" } });
});

test.each([
	["an option that it does not know", ["a", "--quietly"], /--quietly/],
	["an option without its value", ["a", "--to"], /--to/],
	["a value for a switch", ["a", "--loud=yes"], /--loud/],
])("%s is refused, and nothing is done", async (_what, words, message) => {
	await expect(runCommand(echo, broker, words)).rejects.toThrow(message);
});

test("the console prints the answer, or the error as a sentence", async () => {
	const printed: string[] = [];
	const write = jest.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
	const { action, parse } = forMoleculer(echo);

	for (const line of [["a"], [], ["a", "--quietly"]]) {
		const command = { parent: { rawArgs: ["node", "REPL", "echo", ...line] }, params: [] as string[] };
		parse(command);
		await action(broker, command.params);
	}
	write.mockRestore();

	expect(printed[0]).toBe('{"args":["a"],"options":{}}\n');
	expect(printed[1]).toBe("Nothing was said.\n");
	expect(printed[2]).toBe("Unknown option '--quietly'. It takes --loud, --to.\n");
});
