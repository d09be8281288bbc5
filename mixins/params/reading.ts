import { Validators } from "moleculer";
import { readEmails } from "./emails";
import { refusingNulls } from "./nulls";
import { readTexts } from "./texts";
import { readUuids } from "./uuids";

/** What is used here of fastest-validator, which Moleculer reads parameters with. */
export interface Rules {
	rules: Record<string, Rule>;
	add(type: string, rule: Rule): void;
	alias(type: string, rule: object): void;
	addMessage(name: string, message: string): void;
}

type Rule = (this: Rules, ...schemaAndPath: never[]) => { source: string };

/** A custom check of fastest-validator: what it answers is read in the place of what came. */
export interface Check<Limits> {
	(value: unknown, errors: { type: string; expected?: unknown; actual: unknown }[], schema: Limits): unknown;
}

/**
 * Reads parameters as Moleculer does, and what people and programs write differently in one form: UUIDs, lines, texts
 * and e-mail addresses. It is done where an action runs, so a call from within the process, from another node, REST and
 * GraphQL are all read alike.
 */
export function readingParams(): Validators.Base {
	const reading = new Validators.Fastest();
	const { validator } = reading as unknown as { validator: Rules };
	readUuids(validator);
	readTexts(validator);
	readEmails(validator);
	return refusingNulls(reading);
}
