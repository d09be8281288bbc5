import type { Random } from "../world/random";
import type { Refused } from "./refusing-books";

/** When it begins, as choices that were made since the shop opened; a fault between two steps is between two steps. */
interface Timed {
	fromStep: number;
	forMs: number;
	/** It waits until this action was called on its node, and the call has not reached it yet; at the longest until all is done. */
	whenAsked?: string;
	/** It waits until a node does a statement with this name, or this end of one, and befalls that node where it is of one; at the longest until all is done. */
	whenDoing?: string;
	/** And so many steps more, after the call or the statement. */
	afterSteps?: number;
	/** It waits until a message waits in its queue; at the longest until all is done. */
	whenWaiting?: boolean;
}

/** Something that goes wrong, and ends. Nodes are numbered from 0. */
export type FaultPlan = Timed &
	(
		| { kind: "kill"; node: number }
		/** SIGTERM: it finishes what it does, and is started again. */
		| { kind: "stop"; node: number }
		/** SIGSTOP, and SIGCONT. */
		| { kind: "freeze"; node: number }
		| { kind: "cut off"; node: number; from: "postgres" | "rabbitmq" | "both"; way: "both" | "out" | "in" }
		/** A node's connections to PostgreSQL are lost, each statement with this chance. */
		| { kind: "lost connections"; node: number | undefined; chance: number }
		| { kind: "clock step"; node: number; byMs: number }
		| { kind: "rabbitmq closes connections"; node: number | undefined }
		/** All, and then what is opened in their place, each with this chance. */
		| { kind: "rabbitmq closes what opens"; node: number | undefined; chance: number }
		| { kind: "rabbitmq closes a channel"; nth: number }
		| { kind: "rabbitmq restarts" }
		| { kind: "rabbitmq alarm" }
		| { kind: "queue deleted"; nth: number }
		/** One of those in which messages wait for their next attempt, or of all where none waits. */
		| { kind: "retry queue deleted"; nth: number }
		| { kind: "bindings lost"; nth: number }
		| { kind: "queue silent"; nth: number }
		| { kind: "postgres restarts" }
		| { kind: "postgres read-only" }
		/** A stranger holds rows locked: all that are there then, or one of them. */
		| { kind: "rows locked"; table: LockedTable; nth?: number }
		/** Something can't be written down, however often it is tried. */
		| { kind: "book refuses"; what: Refused }
	);

export type FaultKind = FaultPlan["kind"];

export const LOCKED_TABLES = [
	"catalog.stock",
	"cart.carts",
	"orders.saga_state",
	"orders.orders",
	"orders.outbox",
	"payments.payments",
	"cart.known_products",
] as const;
export type LockedTable = (typeof LOCKED_TABLES)[number];

/** Shorter than all leases, heartbeats and time limits, longer than some, and seldom longer than all: time costs steps. */
const LENGTHS_MS = [300, 2_000, 5_000, 7_000, 12_000, 17_000, 300, 2_000, 2_000, 7_000, 12_000, 300, 7_000, 40_000];

/** Drawn by its kind alone. */
type DrawnKind = Exclude<FaultKind, (typeof DECIDED_KINDS)[number]>;
type Kinds = readonly (readonly [weight: number, DrawnKind])[];

const KINDS: Kinds = [
	[17, "kill"],
	[12, "freeze"],
	[14, "cut off"],
	[12, "lost connections"],
	[5, "clock step"],
	[6, "rabbitmq closes connections"],
	[5, "rabbitmq closes a channel"],
	[4, "rabbitmq restarts"],
	[5, "rabbitmq alarm"],
	[5, "queue deleted"],
	[5, "bindings lost"],
	[4, "queue silent"],
	[4, "postgres restarts"],
	[3, "postgres read-only"],
	[5, "rows locked"],
];

/** Those that are drawn beside the others, whose weights they leave as they are. */
export const MORE_KINDS: Kinds = [
	[3, "stop"],
	[2, "retry queue deleted"],
	[2, "rabbitmq closes what opens"],
];

export const FAULT_KINDS: readonly DrawnKind[] = [...KINDS, ...MORE_KINDS].map(([, kind]) => kind);

/** Drawn only where somebody is there to decide. */
export const DECIDED_KINDS = ["book refuses"] as const satisfies readonly FaultKind[];

export function drawFault(random: Random, nodes: number, kinds = KINDS): FaultPlan {
	const timed: Timed = { fromStep: random.below(random.pick([60, 300, 900])), forMs: random.pick(LENGTHS_MS) };
	const node = random.below(nodes);
	const maybeNode = random.chance(0.7) ? node : undefined;
	const nth = random.below(1_000);
	const kind = drawKind(random, kinds);
	switch (kind) {
		case "kill":
		case "stop":
		case "freeze":
			return { ...timed, kind, node };
		case "cut off":
			return {
				...timed,
				kind,
				node,
				from: random.pick(["postgres", "rabbitmq", "rabbitmq", "both"]),
				way: random.pick(["both", "both", "out", "in"]),
			};
		case "lost connections":
			return { ...timed, kind, node: maybeNode, chance: random.pick([0.005, 0.02, 0.1]) };
		case "clock step":
			return { ...timed, kind, node, byMs: random.pick([-20_000, -2_000, 2_000, 20_000]) };
		case "rabbitmq closes connections":
			return { ...timed, kind, node: maybeNode };
		case "rabbitmq closes what opens":
			return { ...timed, kind, node: maybeNode, chance: random.pick([0.1, 0.3, 0.6]) };
		case "rabbitmq closes a channel":
		case "queue deleted":
		case "retry queue deleted":
		case "bindings lost":
		case "queue silent":
			return { ...timed, kind, nth };
		case "rows locked":
			return { ...timed, kind, table: random.pick(LOCKED_TABLES) };
		default:
			return { ...timed, kind };
	}
}

function drawKind(random: Random, kinds: Kinds): DrawnKind {
	let at = random.below(kinds.reduce((sum, [weight]) => sum + weight, 0));
	for (const [weight, kind] of kinds) {
		if (at < weight) return kind;
		at -= weight;
	}
	return "kill";
}
