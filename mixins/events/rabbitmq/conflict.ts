import type { TopologyConflict } from "../topology";

/** What RabbitMQ refuses with; each closes the channel it was asked on. */
const ACCESS_REFUSED = 403;
const NOT_FOUND = 404;
const RESOURCE_LOCKED = 405;
const PRECONDITION_FAILED = 406;

const REMEDY: Record<number, (what: string) => string> = {
	[ACCESS_REFUSED]: () => "give the user of AMQP_URL the right to configure, write and read it",
	[NOT_FOUND]: () => "mend its exchange first",
	[RESOURCE_LOCKED]: () => "end the connection that holds it for itself alone; it is deleted with that",
	[PRECONDITION_FAILED]: (what) =>
		`let the program that made it handle what is in it, and when it is empty delete it (rabbitmqctl delete_queue, or the ` +
		`management page): it is made anew within half a minute. Or use a virtual host of its own. Until then no event is ` +
		`lost: none is put into the ${what}, they wait in their outboxes`,
};

/**
 * Reads RabbitMQ's refusal to declare or bind something.
 * @throws the error itself when it is of another kind: the connection was lost, say
 */
export function conflictOf(kind: TopologyConflict["kind"], name: string, error: unknown): TopologyConflict {
	const { code, message } = error as { code?: number; message: string };
	const remedy = code === undefined ? undefined : REMEDY[code];
	if (!remedy) throw error;
	const problem = /"[A-Z_]+ - (.*)"/s.exec(message)?.[1] ?? message;
	return { kind, name, problem, remedy: remedy(kind) };
}

/**
 * Reads RabbitMQ's refusal to declare a queue for its delivery limit: an older release has made it.
 * @returns the limit that it has, "none" among them; undefined when it was refused for something else
 */
export function deliveryLimitIn({ problem }: TopologyConflict): number | "none" | undefined {
	const found = /^inequivalent arg 'x-delivery-limit' .* but current is (?:none|.*?'(\d+)')/s.exec(problem);
	if (!found) return undefined;
	return found[1] === undefined ? "none" : Number(found[1]);
}

/** A queue that is declared and doesn't answer. */
export function silent(name: string): TopologyConflict {
	return {
		kind: "queue",
		name,
		problem: "it is there and does not answer",
		remedy:
			"wait until the other nodes of the RabbitMQ cluster are back, if there are any. A queue that was made in the moment " +
			"in which RabbitMQ was killed can come back without its log: then nothing was ever kept in it; delete it " +
			"(rabbitmqctl delete_queue, or the management page), and it is made anew at once",
	};
}

/** One sentence for a person. */
export function sentenceOf({ kind, name, problem, remedy }: TopologyConflict): string {
	return `The ${kind} ${name} on RabbitMQ can't be used (${problem}). What to do: ${remedy}.`;
}

/** One sentence for a person about queues that are used as they are. */
export function limitSentence(limited: readonly { name: string; limit: number | "none" }[]): string {
	const which = limited.map(({ name, limit }) => `${name} (${limit})`).join(", ");
	return (
		`An older release has made these queues on RabbitMQ, and with another limit of deliveries: ${which}. They are used as ` +
		`they are; a queue that was deleted while it is empty is made anew without it.`
	);
}
