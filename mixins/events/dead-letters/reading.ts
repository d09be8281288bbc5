import { Errors } from "moleculer";
import { inOneForm } from "../../inbox/id";
import type { DeadLetter } from "../transport";
import type { Discard } from "./discards";
import type { Judgement } from "./judge";
import { judging, type Letters } from "./replay";
import { filter, type Selection } from "./selection";

/** How long the message of a listed letter is at most; the whole is told of one letter. */
const MESSAGE_LENGTH_MAX = 300;

/** A dead letter in a list. Times are ISO 8601. */
export interface LetterSummary {
	id: string;
	eventType: string | null;
	code: string;
	message: string;
	attempts: number;
	firstFailedAt: string;
	diedAt: string;
	node: string;
}

export interface LetterList {
	queue: string;
	/** Letters there are, letters that were looked at, and of those how many match. */
	total: number;
	seen: number;
	matching: number;
	/** The oldest of those that match. */
	letters: LetterSummary[];
}

export interface LetterTold extends LetterSummary {
	queue: string;
	service: string;
	release: string | null;
	exchange: string;
	routingKey: string;
	stack: string | null;
	body: string;
	/** Length of the whole body. */
	bytes: number;
	judgement: Judgement;
	/** A letter of this id that was discarded before. */
	discarded: Discard | null;
}

export async function list<This>(
	{ queue, transport }: Letters<This>,
	{ limit, ...wanted }: Pick<Selection, "code" | "type" | "since"> & { limit: number },
): Promise<LetterList> {
	const isMeant = filter(wanted);
	const letters: LetterSummary[] = [];
	let matching = 0;
	const visit = await transport.visitDeadLetters(queue, {
		async decide(some) {
			const meant = some.filter((letter) => isMeant(letter));
			matching += meant.length;
			letters.push(...meant.slice(0, limit - letters.length).map((letter) => summaryOf(letter)));
			return some.map(() => "keep");
		},
		carriedOut: () => true,
	});
	return { queue, ...visit, matching, letters };
}

/** @throws when there is no such letter */
export async function read<This>(letters: Letters<This>, asked: string): Promise<LetterTold> {
	const id = inOneForm(asked);
	const { queue, transport, discards, db } = letters;
	let found: DeadLetter | undefined;
	await transport.visitDeadLetters(queue, {
		async decide(some) {
			found = some.find((letter) => letter.id === id);
			return some.map(() => "keep");
		},
		carriedOut: () => found === undefined,
	});
	if (!found) throw new Errors.MoleculerClientError(`${queue} has no dead letter ${id}`, 404, "NOT_FOUND", { id });
	const [judgement] = await judging(letters)([found]);
	const discarded = (await discards.of(db, queue, [id])).get(id) ?? null;
	return { ...summaryOf(found), ...detailsOf(found), judgement: judgement!, discarded };
}

function summaryOf(letter: DeadLetter): LetterSummary {
	const { id, eventType = null, failure, attempts, node } = letter;
	return {
		id,
		eventType,
		code: failure.code,
		message: failure.message.slice(0, MESSAGE_LENGTH_MAX),
		attempts,
		firstFailedAt: letter.firstFailedAt.toISOString(),
		diedAt: letter.diedAt.toISOString(),
		node,
	};
}

function detailsOf(letter: DeadLetter) {
	const { queue, service, release = null, exchange, routingKey, body, bytes, failure } = letter;
	const { message, stack = null } = failure;
	return { queue, service, release, exchange, routingKey, message, stack, body, bytes };
}
