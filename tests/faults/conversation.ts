/** What one process asks another over Node's IPC: the name of a thing to do, and one argument. */
export interface Question {
	id: number;
	name: string;
	argument: unknown;
}

export interface Answer {
	id: number;
	value?: unknown;
	error?: string;
}

/** What a process can be asked for. */
export type Abilities = Record<string, (argument: never) => unknown>;

/**
 * The child's side: begins, says that it is ready, and answers each question. It ends when its parent has, so that a
 * test run that is killed leaves nothing behind.
 */
export async function answerParent(abilities: Abilities, begin: () => Promise<void>): Promise<void> {
	process.on("disconnect", () => process.exit(0));
	await begin();
	process.on("message", (message) => {
		const { id, name, argument } = message as Question;
		void Promise.resolve()
			.then(() => abilities[name]!(argument as never))
			.then(
				(value) => ({ id, value }),
				(error: Error) => ({ id, error: error.stack ?? error.message }),
			)
			.then((answer: Answer) => process.send!(answer));
	});
	process.send!({ id: 0 } satisfies Answer);
}
