import type { Random } from "../world/random";

export type ServiceName = "users" | "products" | "cart" | "orders" | "payments";

export interface NodePlan {
	services: ServiceName[];
	/** What its clock says beside the others', in ms. */
	clockOffsetMs: number;
	clockDrift: number;
	/** It runs the other version of the program, where there is one. */
	isOther?: boolean;
}

const WHOLE: readonly ServiceName[] = ["products", "cart", "orders", "payments"];
/** Each service on two nodes of three. */
const SPLIT: readonly (readonly ServiceName[])[] = [
	["products", "cart"],
	["orders", "payments"],
	WHOLE,
	["orders", "cart"],
];
/** Whoever leads a saga has to call others for each of its steps. */
const APART: readonly (readonly ServiceName[])[] = [
	["products", "payments"],
	["orders", "cart"],
	["products", "payments", "cart"],
	["orders", "cart"],
];
/** Nobody registers here, and a node that starts waits until it has heard of each service: so it is on two of them. */
const USERS_ON = 2;

/** Small ones, and what a node says that it is not healthy with. */
const CLOCK_OFFSETS_MS = [0, -3_000, -700, 400, 2_500, 4_000, -20_000, 20_000];

/** Three or four whole nodes, or the services on nodes of their own. */
export function drawNodes(random: Random): NodePlan[] {
	const hasClocks = random.chance(0.3);
	const count = random.chance(0.9) ? 3 : 4;
	const isSplit = random.chance(0.5);
	return Array.from({ length: count }, (_, at) => ({
		services: servicesOf(at, isSplit ? SPLIT[at]! : WHOLE),
		clockOffsetMs: hasClocks ? random.pick(CLOCK_OFFSETS_MS) : 0,
		clockDrift: hasClocks ? random.pick([0, 0.0005, -0.0005]) : 0,
	}));
}

/** The same nodes, with the services on some of them. */
export function split(nodes: readonly NodePlan[]): NodePlan[] {
	return nodes.map((node, at) => ({ ...node, services: servicesOf(at, SPLIT[at]!) }));
}

/** The same nodes, and who leads sagas has none of their participants. */
export function apart(nodes: readonly NodePlan[]): NodePlan[] {
	return nodes.map((node, at) => ({ ...node, services: servicesOf(at, APART[at]!) }));
}

function servicesOf(at: number, services: readonly ServiceName[]): ServiceName[] {
	return [...services, ...(at < USERS_ON ? (["users"] as const) : [])];
}
