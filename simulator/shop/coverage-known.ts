import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { isBoundTo } from "../../mixins/events/topology";
import type { SagaDefinition } from "../../mixins/saga/definition";
import { events } from "../../services/events";
import { byHandSaga } from "../../services/orders/by-hand.saga";
import { cancellationSaga } from "../../services/orders/cancellation.saga";
import { checkoutSaga } from "../../services/orders/checkout.saga";
import { givingBackSaga } from "../../services/orders/giving-back.saga";
import { topology } from "../../services/topology";
import type { Known } from "../world/coverage";
import { openControl, type Control } from "../world/postgres/control";
import type { PostgresServer } from "../world/postgres/server";
import { pairOf } from "./coverage";
import { statesOf, WATCHED } from "./coverage-tables";
import { DECIDED_KINDS, FAULT_KINDS } from "./fault-plans";
import { DATABASE } from "./template";

type AnySaga = Pick<SagaDefinition<never>, "name" | "steps">;
const SAGAS = [checkoutSaga(900), cancellationSaga, byHandSaga, givingBackSaga] as readonly AnySaga[];

/** @param server has the template */
export async function knownIn(server: PostgresServer): Promise<Known[]> {
	const control = await openControl(server.urlOf(DATABASE));
	try {
		return await knownOf(control);
	} finally {
		await control.end();
	}
}

/** What there is to reach, by the code's own lists and the tables' constraints. */
async function knownOf(control: Pick<Control, "query">): Promise<Known[]> {
	const states = await statesOf(control);
	const watched = WATCHED.flatMap(({ heading, table, column }) => {
		const allowed = states.get(`${table}.${column}`) ?? [];
		if (column === undefined) return [];
		if (heading !== "saga") return [{ heading, what: allowed }];
		return [{ heading, what: SAGAS.flatMap(({ name }) => allowed.map((each) => `${name} ${each}`)) }];
	});
	const outcomes = states.get("orders.saga_log.outcome") ?? [];
	return [
		...watched,
		{ heading: "saga's step", what: stepsOf(outcomes) },
		...participants(states),
		{ heading: "event published", what: events.map(({ type }) => type) },
		{ heading: "event handled", what: handled() },
		{ heading: "event in trouble", what: inTrouble() },
		{ heading: "fault", what: [...FAULT_KINDS, ...DECIDED_KINDS] },
		{ heading: "faults at once", what: pairs() },
		{ heading: "statement", what: statements() },
	];
}

function stepsOf(outcomes: readonly string[]): string[] {
	return SAGAS.flatMap(({ steps }) =>
		steps.flatMap((step) =>
			(["do", "undo"] as const)
				.filter((direction) => step[direction] !== undefined)
				.flatMap((direction) => outcomes.map((outcome) => `${step.name}: ${direction} ${outcome}`)),
		),
	);
}

function participants(states: ReadonlyMap<string, string[]>): Known[] {
	const of = (schema: string, table: string, column: string): string[] =>
		states.get(`${schema}.${table}.${column}`) ?? [];
	const schemas = ["catalog", "cart", "payments"];
	return [
		{
			heading: "participant",
			what: schemas.flatMap((schema) => of(schema, "saga_state", "state").map((each) => `${schema} * ${each}`)),
		},
		{
			heading: "participant's answer",
			what: schemas.flatMap((schema) => of(schema, "saga_log", "outcome").map((each) => `${schema} * ${each}`)),
		},
	];
}

function handled(): string[] {
	return topology.queues.flatMap((queue) =>
		events.filter((event) => isBoundTo(queue, event)).map(({ type }) => `${type} in ${queue.name}`),
	);
}

function inTrouble(): string[] {
	const how = ["tried again", "missed and sent again", "suspected"];
	return topology.queues.flatMap(({ name }) => how.map((each) => `${name} ${each}`));
}

function pairs(): string[] {
	return [...new Set(FAULT_KINDS.flatMap((one) => FAULT_KINDS.map((other) => pairOf(one, other))))];
}

const ROOT = path.join(__dirname, "../..");
/** Of these a simulation makes none: nobody registers, there is no gateway, and the events go over RabbitMQ. */
const ELSEWHERE = /^(services\/(users|gateway)|mixins\/events\/postgres|mixins\/apollo)\/|\.test\.ts$|\/testing\//;
const NAMED = /\bsql\(\s*(["`])(.*?)\1/g;

/** The names of all statements; what a name is made of where a mixin is used is a star. */
function statements(): string[] {
	const files = ["mixins", "services"].flatMap((folder) =>
		readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
	);
	const names = files
		.filter((file) => file.endsWith(".ts") && !ELSEWHERE.test(file))
		.flatMap((file) => [...readFileSync(path.join(ROOT, file), "utf8").matchAll(NAMED)].map(([, , name]) => name!));
	return [...new Set(names.map((name) => name.replaceAll(/\$\{[^}]*\}/g, "*")))].toSorted();
}
