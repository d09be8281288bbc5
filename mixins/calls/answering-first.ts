import { Strategies, type Context, type Middleware, type ServiceBroker } from "moleculer";
import { NodeAnswers, type Outcome } from "./node-answers";

const brokers = new WeakMap<ServiceBroker, NodeAnswers>();

function answersOf(broker: ServiceBroker): NodeAnswers {
	const answers = brokers.get(broker) ?? new NodeAnswers();
	brokers.set(broker, answers);
	return answers;
}

type Endpoints = Parameters<Strategies.RoundRobin["select"]>[0];

/**
 * Moleculer's round robin, among the nodes that answer. One that is frozen, or cut off from its database, stays in the
 * registry: it has heartbeats for a while, or for ever, and each call that it is given costs the caller its whole time
 * limit. Where none answers all are asked, as before. Needs {@link WatchesCalls}.
 */
export class AnsweringFirst extends Strategies.RoundRobin {
	override select(list: Endpoints): Endpoints[number] {
		const answers = answersOf(this.broker);
		const nowMs = performance.now();
		const answering = list.filter(({ id }) => answers.isAnswering(id, nowMs));
		return super.select(answering.length > 0 ? answering : list);
	}
}

/** Sees which nodes answer this broker's calls, for {@link AnsweringFirst}. */
export const WatchesCalls: Middleware = {
	name: "WatchesCalls",
	created(broker) {
		// Whatever it was: the next process under this name is another one, and one that is frozen no more says so.
		broker.localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) => answersOf(broker).forget(node.id));
	},
	call: ((next: Call): Call =>
		(...call) => {
			const answer = next(...call);
			watch(answer);
			return answer;
		}) as unknown as NonNullable<Middleware["call"]>,
};

/** A call as Moleculer answers it: with its context, unless nobody could be asked. */
type Call = (...call: unknown[]) => Promise<unknown> & { ctx?: Context };

function watch(answer: ReturnType<Call>): void {
	const { ctx } = answer;
	if (!ctx?.endpoint || ctx.endpoint.local) return;
	const { id } = ctx.endpoint;
	const tell = answersOf(ctx.broker).asked(id, performance.now());
	answer.then(
		() => tell("answered", performance.now()),
		(error: unknown) => tell(outcomeOf(error, id), performance.now()),
	);
}

function outcomeOf(error: unknown, nodeId: string): Outcome {
	const { type, code, retryable, data } = Object(error) as Record<string, unknown>;
	// Where a call of its own has run out of time, it has answered: the other one has not.
	if (type === "REQUEST_TIMEOUT")
		return (Object(data) as { nodeID?: string }).nodeID === nodeId ? "timed out" : "answered";
	// Who has too much to do and says so is left to its turn: what it sheds would fall upon the others.
	if (type === "OVERLOADED") return "answered";
	return code === 503 && retryable === true ? "refused" : "answered";
}
