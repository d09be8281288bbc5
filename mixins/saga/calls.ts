import { Errors, type ServiceBroker } from "moleculer";

interface Waiting {
	/** The node that was asked. */
	nodeId: string | undefined;
	giveUp(): void;
}

/** The calls of sagas that wait for their answers. */
export interface SagaCalls {
	/** Each step may be asked again, so a call is given up as soon as its answer can't come any more. */
	call<Answer>(action: string, params: object, options: { timeout: number; requestID: string }): Promise<Answer>;
	/** A node has told of itself. One that has started anew knows nothing of what it was asked before. */
	heardOf(node: Node): void;
}

/** What Moleculer tells of one: the instance is another one after each start. */
export interface Node {
	id: string;
	instanceID: string | null;
}

/**
 * Moleculer waits for a node that has died until it misses its heartbeats, and for one that is back under its name
 * before that, until the call's own time is over: 8 s for a payment, of the 10 s that an order may take.
 */
export function sagaCalls(broker: ServiceBroker): SagaCalls {
	const waiting = new Set<Waiting>();
	const instances = new Map<string, string>();
	for (const { id, instanceID } of broker.registry.getNodeList({}) as Node[]) {
		if (instanceID !== null) instances.set(id, instanceID);
	}

	return {
		async call<Answer>(action: string, params: object, options: { timeout: number; requestID: string }) {
			const answer = broker.call<Answer, object>(action, params, options) as Promise<Answer> & {
				ctx?: { nodeID: string };
			};
			const nodeId = answer.ctx?.nodeID;
			let entry: Waiting | undefined;
			const lost = new Promise<never>((_, reject) => {
				entry = { nodeId, giveUp: () => reject(new Errors.RequestRejectedError({ action, nodeID: nodeId ?? "" })) };
				waiting.add(entry);
			});
			try {
				return await Promise.race([answer, lost]);
			} finally {
				waiting.delete(entry!);
			}
		},
		heardOf({ id, instanceID }) {
			if (instanceID === null) return;
			const before = instances.get(id);
			instances.set(id, instanceID);
			if (before === undefined || before === instanceID) return;
			for (const each of waiting) if (each.nodeId === id) each.giveUp();
		},
	};
}
