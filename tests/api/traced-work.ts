import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, Server } from "node:http";
import type { ServiceBroker } from "moleculer";
import pg from "pg";

/** What one request has caused, whatever else the process does meanwhile. */
export interface Work {
	/** By their names, sorted. */
	calls: string[];
	statements: string[];
}

/** Says which request a call or a statement belongs to, by where it was begun. */
export function traceWork(broker: ServiceBroker) {
	const request = new AsyncLocalStorage<Work>();
	const works = new Map<string, Work>();
	const { server } = broker.getLocalService("gateway") as unknown as { server: Server };
	server.prependListener("request", ({ headers }: IncomingMessage) => {
		const name = headers["x-work"];
		if (typeof name !== "string") return;
		const work: Work = { calls: [], statements: [] };
		works.set(name, work);
		request.enterWith(work);
	});

	const { call } = broker;
	const calling = jest.spyOn(broker, "call").mockImplementation(function (this: unknown, ...args: unknown[]) {
		request.getStore()?.calls.push(String(args[0]));
		return (call as (...given: unknown[]) => never).apply(this, args);
	});

	const { query } = pg.Client.prototype;
	const querying = jest.spyOn(pg.Client.prototype, "query").mockImplementation(function (
		this: unknown,
		...args: unknown[]
	) {
		const [asked] = args as [string | { name?: string; text?: string }];
		const text = typeof asked === "string" ? asked : (asked.name ?? asked.text ?? "a statement");
		// What a new connection begins with says nothing of the request for which the pool happened to need one.
		if (!text.startsWith("SET ")) request.getStore()?.statements.push(text.replaceAll(/\s+/g, " "));
		return (query as (...given: unknown[]) => never).apply(this, args);
	});

	return {
		/** What the request with the header `x-work: name` has caused. */
		of: (name: string): Work => {
			const work = works.get(name);
			if (!work) throw new Error(`There was no request with x-work: ${name}`);
			return { calls: work.calls.toSorted(), statements: work.statements.toSorted() };
		},
		stop() {
			calling.mockRestore();
			querying.mockRestore();
		},
	};
}
