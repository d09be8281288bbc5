import type { Client } from "graphql-ws";
import { until } from "../../support/until";

export interface Heard {
	answers: Record<string, unknown>[];
	errors: unknown;
	ended: boolean;
	stop(): void;
}

/** What a subscription has heard so far. */
export function hear(client: Client, query: string): Heard {
	const heard: Heard = { answers: [], errors: undefined, ended: false, stop: () => {} };
	heard.stop = client.subscribe(
		{ query },
		{
			next: (answer) => heard.answers.push(JSON.parse(JSON.stringify(answer)) as Record<string, unknown>),
			error: (error) => (heard.errors = error),
			complete: () => (heard.ended = true),
		},
	);
	return heard;
}

/** The one field of each answer. */
export const values = (heard: Heard) => heard.answers.map(({ data }) => Object.values(data as object)[0] as unknown);

/** The answer to a query or mutation, or what was said instead. */
export async function ask(client: Client, query: string): Promise<Record<string, unknown>> {
	const heard = hear(client, query);
	await until(() => heard.ended || heard.errors, { what: `an answer to ${query}` });
	return heard.answers[0] ?? { errors: heard.errors };
}
