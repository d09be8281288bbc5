import { hashOf, randomOf, type Random } from "../world/random";
import type { FaultPlan } from "./fault-plans";
import type { Plan } from "./plan";

/**
 * Statements that write, each by the end of its name, and most often those that come last in their transactions: between one of them and its COMMIT, and between that and whatever
 * tells others of it, lies what a node may leave half done.
 */
const STATEMENTS = [
	"inbox.accept_all",
	"inbox.accept_all",
	"outbox.append",
	"outbox.append",
	"outbox.remove",
	"outbox.share",
	"outbox.postpone",
	"saga.insert",
	"saga.claim",
	"saga.move",
	"saga.move",
	"saga.wait",
	"participant.settle",
	"participant.settle",
	"participant.settle",
	"idempotency.take",
	"idempotency.keep",
	"idempotency.keep",
	"idempotency.keep",
	"missed.claim",
	"missed.add",
	"inbox.note_failures",
	"cart.insert_checkout",
	"cart.forget_token",
	"orders.insert",
	"orders.advance",
	"catalog.reserve",
	"catalog.expired",
	"payments.open",
	"payments.move",
	"COMMIT",
] as const;

/**
 * Leads some plans to faults that befall a node in the middle of something, as a crash test's failpoints do: by chance a
 * fault meets the few steps of one transaction seldom. Of a stream of its own, so that all other plans are as they were.
 */
export function atFailpoints(plan: Plan): Plan {
	const random = randomOf(hashOf(`the failpoints of plan ${plan.seed}`));
	if (!random.chance(0.2)) return plan;
	const count = random.pick([1, 1, 2, 3]);
	const faults = Array.from({ length: count }, () => drawAt(random, plan.nodes.length));
	return { ...plan, faults: [...faults, ...plan.faults.slice(0, random.below(2))] };
}

function drawAt(random: Random, nodes: number): FaultPlan {
	const timed = {
		node: random.below(nodes),
		fromStep: random.below(random.pick([60, 300, 900])),
		whenDoing: random.pick(STATEMENTS),
		afterSteps: random.pick([0, 0, 0, 1, 2, 4, 8, 15]),
	};
	const kind = random.pick([
		"kill",
		"kill",
		"kill",
		"freeze",
		"freeze",
		"rabbitmq closes connections",
		"rabbitmq closes connections",
		"cut off",
		"lost connections",
	] as const);
	switch (kind) {
		case "kill":
		case "rabbitmq closes connections":
			return { ...timed, kind, forMs: random.pick([300, 2_000]) };
		case "freeze":
			return { ...timed, kind, forMs: random.pick([300, 2_000, 5_000, 7_000]) };
		case "cut off":
			return {
				...timed,
				kind,
				forMs: random.pick([2_000, 7_000]),
				from: random.pick(["postgres", "rabbitmq"]),
				way: random.pick(["both", "out", "in"]),
			};
		case "lost connections":
			return { ...timed, kind, forMs: 300, chance: 0.5 };
	}
}
