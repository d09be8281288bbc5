import { z } from "zod";
import { event } from "../../mixins/events/contract";
import { queueFor, type Topology } from "../../mixins/events/topology";

/** What becomes of a letter in a reader's hands. */
const nature = z.enum([
	/** It is read. */
	"good",
	/** Its reader refuses it, and another attempt would not help, until the readers are told to read everything. */
	"poison",
	/** Its reader fails at each attempt, for a reason that might pass. */
	"hopeless",
	/** Whoever reads it for the index dies of it, until the readers are told to read everything. */
	"deadly",
]);
export type Nature = z.output<typeof nature>;

const data = z.object({
	/** One box is one aggregate. */
	boxId: z.uuid(),
	/** 1, 2, 3, … within the box, given by the transaction that writes the letter: what its version has to be. */
	number: z.int().positive(),
	nature,
});
export type Letter = z.output<typeof data>;

/** Every queue that listens to these is also shadowed by the auditor, who is bound with `#`. */
export const LetterWritten = event({
	type: "LetterWritten",
	exchange: "letters.events",
	routingKey: "letter.written",
	version: 1,
	aggregate: "boxId",
	data,
});

/** On an exchange without an auditor: with its one queue unbound, nobody hears it. */
export const NoteWritten = event({
	type: "NoteWritten",
	exchange: "notes.events",
	routingKey: "note.written",
	version: 1,
	aggregate: "boxId",
	data,
});

/** Short, as a test waits for them; so many that a handler that fails at 5 % never uses them up; all alike, as each
 * different one is a queue of its own. */
const RETRY_DELAYS_MS = [200, 200, 200, 200, 200, 200];
/** Of a reader who fails at everything, and whose retries are far away; nothing is bound to its queue. */
const PATIENT_DELAYS_MS = [300_000];

/**
 * Two consumers of the same key: when one's binding is lost, the other still hears, and no publisher notices. The
 * archive asks for each box's letters in their order; the index takes them as they come, on all nodes at once.
 */
export const archive = queueFor("readers.archive", [LetterWritten], {
	retryDelaysMs: RETRY_DELAYS_MS,
	order: "aggregate",
});
export const index = queueFor("readers.index", [LetterWritten], { retryDelaysMs: RETRY_DELAYS_MS });
export const notes = queueFor("readers.notes", [NoteWritten], { retryDelaysMs: RETRY_DELAYS_MS });
export const patient = queueFor("readers.patient", [], { retryDelaysMs: PATIENT_DELAYS_MS });

export const LETTER_QUEUES = [archive, index];
export const ATTEMPTS = RETRY_DELAYS_MS.length + 1;

export const topology: Topology = {
	exchanges: ["letters.events", "notes.events"],
	queues: [archive, index, notes, patient],
};
