import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from "graphql";
import type { SocketContext } from "./context";

/**
 * graphql-js' `subscribe`, with fresh DataLoaders for each event: one that lived as long as the subscription would
 * answer with what it loaded for the first.
 */
export async function subscribeFresh(
	args: ExecutionArgs,
): Promise<AsyncGenerator<ExecutionResult, undefined> | ExecutionResult> {
	const context = args.contextValue as SocketContext;
	const source = await createSourceEventStream(args);
	if (!isStream(source)) {
		context.endEvents();
		return source;
	}
	const events = source[Symbol.asyncIterator]();

	// Not an async generator: its `return` would wait for the event that the pending `next` waits for, perhaps for ever.
	const answers: AsyncGenerator<ExecutionResult, undefined> = {
		async next() {
			const event = await nextOf(events, context);
			if (event.done) return { done: true, value: undefined };
			const contextValue: SocketContext = { ...context, dataLoaders: new Map() };
			return { done: false, value: await execute({ ...args, rootValue: event.value, contextValue }) };
		},
		async return() {
			context.endEvents();
			await events.return?.();
			return { done: true, value: undefined };
		},
		async throw(error) {
			context.endEvents();
			await events.return?.();
			throw error;
		},
		[Symbol.asyncIterator]: () => answers,
		async [Symbol.asyncDispose]() {
			await answers.return(undefined);
		},
	};
	return answers;
}

async function nextOf(events: AsyncIterator<unknown>, context: SocketContext): Promise<IteratorResult<unknown>> {
	try {
		const event = await events.next();
		if (event.done) context.endEvents();
		return event;
	} catch (error) {
		context.endEvents();
		throw error;
	}
}

export async function executeOnce(args: ExecutionArgs): Promise<ExecutionResult> {
	try {
		return await execute(args);
	} finally {
		(args.contextValue as SocketContext).endEvents();
	}
}

function isStream(source: AsyncIterable<unknown> | ExecutionResult): source is AsyncIterable<unknown> {
	return Symbol.asyncIterator in source;
}
