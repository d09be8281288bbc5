import { clock, beginAnew } from "./install";
import { newHost, thaw, type Host } from "./host";
import { newNetwork, type Network } from "./network";
import type { Carriers } from "./postgres/carriers";
import type { Control } from "./postgres/control";
import { setGate } from "./postgres/driver";
import { newSessions, type Sessions } from "./postgres/sessions";
import { rabbitmqModel, type RabbitmqModel } from "./rabbitmq/model";
import type { Session } from "./postgres/session";
import { hashOf, randomOf, type Random } from "./random";
import { RABBITMQ } from "./servers";
import { newSchedule, type Schedule, type Weather } from "./schedule";

/** One simulation: hosts, their servers, and what may happen between them. */
export interface World {
	readonly clock: typeof clock;
	readonly schedule: Schedule;
	readonly network: Network;
	readonly rabbitmq: RabbitmqModel;
	readonly sessions: Sessions;
	/** PostgreSQL past the simulation. */
	readonly control: Control;
	readonly hosts: readonly Host[];
	newHost(name: string): Host;
	/** SIGKILL: nothing of it is ever done again. */
	kill(host: Host): void;
	/** SIGSTOP. */
	freeze(host: Host): void;
	/** SIGCONT. */
	thaw(host: Host): void;
	/** From now on each statement, of all hosts or of one, loses its connection with this chance. */
	loseStatements(host: Host | undefined, chance: number): void;
	/** From now on what a host opens at RabbitMQ, or any of them, is closed as soon as it is open, with this chance. */
	closeOpened(host: Host | undefined, chance: number): void;
	/** Done past the simulation, before its next step. */
	aside(work: () => Promise<unknown>): void;
	close(): Promise<void>;
}

export interface WorldOptions {
	seed: number;
	weather: Weather;
	/** How much of what RabbitMQ takes it is given twice: its publisher did not hear of the first. */
	doubled: number;
	/** Looks after the database that the hosts work on. */
	control: Control;
	carriers: Carriers;
	calmFromStep?: number;
	/** When it begins, in ms since 1970. */
	startMs?: number;
}

/** What RabbitMQ does by itself it does within it; after 200 ms a queue that was deleted has told its consumers. */
const RABBITMQ_MS_MAX = 150;

const HOW_LOST = ["before", "after"] as const;

/** Takes over this process until it is closed. */
export function openWorld({ seed, weather, doubled, control, carriers, startMs, ...rest }: WorldOptions): World {
	const random: Random = randomOf(hashOf(`world ${seed}`));
	beginAnew(random.fork("what programs make up"), startMs);
	const hosts: Host[] = [];
	const scheduled = (): Schedule => schedule;
	const network = newNetwork(scheduled, random.fork("network"));
	const sessions = newSessions({
		clock,
		control,
		carriers,
		network,
		schedule: scheduled,
		random: random.fork("locks"),
		delayMsMax: weather.delayMsMax,
		late: weather.lateCommits,
	});
	const losses = random.fork("lost connections");
	const closings = random.fork("closed as soon as open");
	const rabbitmqRandom = random.fork("rabbitmq");
	const rabbitmq = rabbitmqModel({
		soon: (what, work) => schedule.offer(`rabbitmq ${what}`, undefined, work, RABBITMQ_MS_MAX),
		after(ms, work) {
			const timer = setTimeout(work, ms);
			return () => clearTimeout(timer);
		},
		nowMs: () => clock.nowMs(),
		random: rabbitmqRandom.next,
		isDoubled: () => rabbitmqRandom.chance(doubled),
	});
	network.listen(RABBITMQ, (end) => rabbitmq.accept(end));
	const schedule = newSchedule({ clock, random: random.fork("schedule"), weather, sources: [sessions], ...rest });
	setGate(sessions.gate);
	return {
		clock,
		schedule,
		network,
		rabbitmq,
		sessions,
		control,
		hosts,
		newHost(name) {
			const host = newHost(name, clock.nowMs());
			hosts.push(host);
			return host;
		},
		kill(host) {
			host.state = "killed";
			host.parked = [];
			clock.forgetTimers(host);
			network.killed(host);
			sessions.killed(host);
		},
		freeze: (host) => void (host.state = "frozen"),
		thaw,
		loseStatements(host, chance) {
			const isHit = (session: Session): boolean =>
				(host === undefined || session.host === host) && losses.chance(chance);
			sessions.disturb = chance === 0 ? undefined : (session) => (isHit(session) ? losses.pick(HOW_LOST) : undefined);
		},
		closeOpened(host, chance) {
			const isIts = (client: string): boolean => host === undefined || client.startsWith(`${host.name} `);
			const which = (client: string): boolean => isIts(client) && closings.chance(chance);
			rabbitmq.closeAtOnce(chance === 0 ? undefined : which);
		},
		aside: (work) => sessions.aside(work),
		async close() {
			for (const host of hosts) host.state = "killed";
			setGate(undefined);
			await sessions.close();
			clock.reset();
		},
	};
}
