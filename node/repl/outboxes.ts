import type { FailingEvent, OutboxReport, OutboxStatus, ToldEvent } from "../../mixins/outbox/operations";
import { ask, offering } from "./ask";
import type { ReplCommand } from "./command";
import { operator } from "./operator";
import { countsOf, indented, told } from "./reports";
import { card, table } from "./table";

const outbox: ReplCommand = {
	usage: "outbox [service]",
	description: "How much waits in each outbox; of one service, the events that can't be published",
	async run(broker, { args: [service] }) {
		if (service === undefined) {
			const services = offering(broker, "outbox.status");
			if (services.length === 0) throw new Error("No node with an outbox is there.");
			const found = await Promise.all(services.map((each) => ask<OutboxStatus>(broker, `${each}.outbox.status`, {})));
			const rows = found.map(({ waiting, oldestAgeS, failing, dead }, index) => [
				services[index],
				waiting,
				oldestAgeS === null ? null : `${oldestAgeS.toFixed(1)} s`,
				failing,
				dead,
			]);
			return table(["service", "waiting", "oldest", "failing", "dead"], rows);
		}
		const events = await ask<FailingEvent[]>(broker, `${service}.outbox.failing`, {});
		if (events.length === 0) return `No event of ${service} has failed.`;
		const rows = events.map((each) => [
			each.eventId,
			each.eventType,
			each.aggregateId,
			each.aggregateVersion,
			each.attempts,
			each.lastError,
			each.deadAt,
		]);
		return table(["id", "event", "aggregate", "version", "attempts", "last error", "dead since"], rows);
	},
};

const event: ReplCommand = {
	usage: "outbox-event <service> <eventId>",
	description: "Shows one event that waits in an outbox, or is dead there: what it says, and what was wrong",
	async run(broker, { args: [service, id] }) {
		if (service === undefined || id === undefined) throw new Error("Which one? Write its service and its id.");
		const told = await ask<ToldEvent>(broker, `${service}.outbox.read`, { id });
		return card([
			["id", told.eventId],
			["event", told.eventType],
			["to be published as", `${told.routingKey} on ${told.exchange}`],
			["aggregate", `${told.aggregateId}, version ${told.aggregateVersion}`],
			["correlation id", told.correlationId],
			["written at", told.createdAt],
			["attempts", told.attempts],
			["last error", told.lastError],
			["dead since", told.deadAt],
			["data", indented(told.data)],
		]);
	},
};

const retry: ReplCommand = {
	usage: "outbox-retry <service> <eventIds...>",
	description: "Has dead events of an outbox tried again, with fresh attempts",
	async run(broker, { args: [service, ...ids] }) {
		if (service === undefined || ids.length === 0) throw new Error("Which ones? Write the service and their ids.");
		const lines = await ask<OutboxReport[]>(broker, `${service}.outbox.retry`, { ids, by: operator(broker) });
		return told(lines, `${service}: ${countsOf(lines.map(({ outcome }) => outcome))}.`);
	},
};

const discard: ReplCommand = {
	usage: "outbox-discard <service> <eventIds...>",
	description: "Gives dead events of an outbox up for good; what they were, who did it, when and why is kept",
	options: { reason: { value: "text", description: "why, in quotes; required" } },
	async run(broker, { args: [service, ...ids], options: { reason } }) {
		if (service === undefined || ids.length === 0) throw new Error("Which ones? Write the service and their ids.");
		if (typeof reason !== "string") throw new Error('Why? Say --reason "…"; it is kept.');
		const params = { ids, reason, by: operator(broker) };
		const lines = await ask<OutboxReport[]>(broker, `${service}.outbox.discard`, params);
		return told(lines, `${service}: ${countsOf(lines.map(({ outcome }) => outcome))}.`);
	},
};

/** For whoever looks after events that don't leave. */
export const outboxCommands: readonly ReplCommand[] = [outbox, event, retry, discard];
