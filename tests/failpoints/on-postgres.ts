import pg from "pg";
import { pass } from "./points";

/** Points before and after whatever PostgreSQL is told to keep: each COMMIT, and each writing statement on its own. */
export function watchPostgres(nodeId: string): void {
	const open = new WeakMap<object, string[]>();
	const send = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;

	pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
		const point = pointOf(this, statementOf(args));
		if (point === undefined) return send.apply(this, args);
		pass(`${point}: before`);
		const told = args.at(-1);
		if (typeof told === "function") {
			const callback = (error: unknown, result: unknown): void => {
				if (!error) pass(`${point}: after`);
				(told as (error: unknown, result: unknown) => void)(error, result);
			};
			return send.apply(this, [...args.slice(0, -1), callback]);
		}
		return (send.apply(this, args) as Promise<unknown>).then((result) => {
			pass(`${point}: after`);
			return result;
		});
	} as typeof pg.Client.prototype.query;

	/** What is written by this statement, or `undefined` where nothing is for good. */
	function pointOf(client: object, statement: Statement | undefined): string | undefined {
		if (!statement) return undefined;
		const writes = open.get(client);
		if (/^(BEGIN|START TRANSACTION)/i.test(statement.text)) {
			open.set(client, []);
		} else if (/^ROLLBACK/i.test(statement.text)) {
			open.delete(client);
		} else if (/^COMMIT/i.test(statement.text)) {
			open.delete(client);
			return writes && writes.length > 0 ? `commit ${[...new Set(writes)].join(" + ")}` : undefined;
		} else if (isWriting(statement.text)) {
			if (!writes) return `write ${nameOf(statement, nodeId)}`;
			writes.push(nameOf(statement, nodeId));
		}
		return undefined;
	}
}

interface Statement {
	name?: string | undefined;
	text: string;
	values: unknown[];
}

function statementOf([config, more]: unknown[]): Statement | undefined {
	const { name, text, values } = (typeof config === "string" ? { text: config } : Object(config)) as Partial<Statement>;
	if (text === undefined) return undefined;
	return { name, text, values: values ?? (Array.isArray(more) ? (more as unknown[]) : []) };
}

function isWriting(text: string): boolean {
	return /\b(INSERT INTO|UPDATE|DELETE FROM)\s+[a-z_]+\./i.test(text);
}

/** The statement's name, and the words among its values: the step, the status, the event. */
function nameOf({ name, text, values }: Statement, nodeId: string): string {
	const unnamed = (): string => /\b(INSERT|UPDATE|DELETE)(?: INTO| FROM)?\s+[\w.]+/i.exec(text)![0];
	const words = [...new Set(values.flat().filter(isWord))].filter((word) => word !== nodeId);
	return `${name ?? unnamed()}${words.length > 0 ? ` (${words.slice(0, WORDS_MAX).join(", ")})` : ""}`;
}

const WORDS_MAX = 6;

/** Nothing that differs from order to order: no id, number, time, sum, JSON or name of a person. */
function isWord(value: unknown): value is string {
	return typeof value === "string" && /^[a-z][a-z_. ]{1,40}$/i.test(value);
}
