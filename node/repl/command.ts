import { parseArgs, type ParseArgsConfig } from "node:util";
import type { ServiceBroker } from "moleculer";
import { sentenceOf } from "./sentence";

/** A command of the operator's console, Moleculer's REPL. */
export interface ReplCommand {
	/** Its name and arguments, as `help` shows them: `replay <queue> [eventIds...]`. */
	usage: string;
	description: string;
	options?: Readonly<Record<string, ReplOption>>;
	/** @returns what is printed; what it throws is printed as one sentence */
	run(broker: ServiceBroker, input: ReplInput): Promise<string>;
}

export interface ReplOption {
	/** What its value is called, as in `--code <code>`; a switch has none. */
	value?: string;
	description: string;
}

export interface ReplInput {
	/** Words that are no options, in their order. */
	args: readonly string[];
	/** The value of each option that was given; of a switch, true. */
	options: Readonly<Record<string, string | true>>;
}

/** Runs a command on the words behind its name. @throws for an option that it does not know */
export async function runCommand(
	command: ReplCommand,
	broker: ServiceBroker,
	words: readonly string[],
): Promise<string> {
	const known = Object.entries(command.options ?? {}).map(
		([name, { value }]) => [name, { type: value === undefined ? "boolean" : "string" }] as const,
	);
	const { positionals, values } = parsed(words, Object.fromEntries(known));
	return command.run(broker, { args: positionals, options: values as Record<string, string | true> });
}

function parsed(words: readonly string[], options: NonNullable<ParseArgsConfig["options"]>) {
	try {
		return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
	} catch (error) {
		// Node goes on about shells; here one wants to know what there is.
		const [problem] = (error as Error).message.split(". ");
		const names = Object.keys(options).map((name) => `--${name}`);
		const known = names.length === 0 ? "It takes no options." : `It takes ${names.join(", ")}.`;
		throw new Error(`${problem!.replace(/\.$/, "")}. ${known}`, { cause: error });
	}
}

/** What moleculer-repl hands to a parser: its commander command, as far as we use it. */
interface CommanderCommand {
	parent: { rawArgs: string[] };
	params: unknown;
}

/**
 * The command as moleculer-repl takes it. Its own parser gives a command no second argument of a list, and keeps the
 * options of a line that failed for the next one, where a forgotten `--all` would replay everything: so the words are
 * read here, and commander is told of arguments and options only for its help: of values as if they might be left out,
 * or it would print a stack where one is.
 */
export function forMoleculer(command: ReplCommand) {
	const options = Object.entries(command.options ?? {});
	return {
		command: command.usage,
		description: command.description,
		allowUnknownOptions: true,
		options: options.map(([name, { value, description }]) => ({
			option: value === undefined ? `--${name}` : `--${name} [${value}]`,
			description,
		})),
		parse(parsed: CommanderCommand) {
			const [, , , ...words] = parsed.parent.rawArgs;
			parsed.params = words;
		},
		async action(broker: ServiceBroker, words: readonly string[]): Promise<void> {
			const said = await runCommand(command, broker, words).catch(sentenceOf);
			process.stdout.write(`${said}\n`);
		},
	};
}
