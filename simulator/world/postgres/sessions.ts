import type pg from "pg";
import type { Clock } from "../clock";
import { currentHost, whenAwake, type Host } from "../host";
import type { Network } from "../network";
import type { Random } from "../random";
import type { Schedule, Source } from "../schedule";
import type { Carriers } from "./carriers";
import { tellConnected, tellEnded } from "./client-events";
import type { Control } from "./control";
import { driver } from "./control";
import { adminShutdown, connectTimeout, ended, lost, notQueryable, readTimeout, refused } from "./errors";
import { heldOf } from "./held";
import { lateCommits } from "./late-commits";
import { POSTGRES } from "../servers";
import type { Gate } from "./driver";
import { newSession, type Done, type Held, type Session } from "./session";
import { NOTHING, READ_ONLY } from "./statement";
import { begins } from "./time";
import { waits } from "./waits";

/** PostgreSQL as the hosts of one simulation see it: real, and one statement at a time. */
export interface Sessions extends Source {
	readonly open: ReadonlySet<Session>;
	/** How many statements were sent. */
	readonly statements: number;
	/** What those were about to do who waited for each other in a circle, for each circle. */
	readonly deadlocks: readonly string[];
	/** Asked before each statement whether its connection is lost: before it was done, or before its answer. */
	disturb: ((session: Session, text: string) => "before" | "after" | undefined) | undefined;
	/** The server is down: nobody is let in. */
	isDown: boolean;
	/** Transactions of those who connect from now on are read-only. */
	isReadOnly: boolean;
	/** Hears of what was committed: the statements, or their names, that may have changed something. */
	onCommit: ((statements: readonly string[]) => void) | undefined;
	/** The server ends them: it restarts, or an operator does it. */
	terminate(which: (session: Session) => boolean): void;
	/** Their client is gone: a process was killed. */
	killed(host: Host): void;
	/** What waited for the wire gets through. */
	mended(): void;
	/** Done past the simulation, before its next step. */
	aside(work: () => Promise<unknown>): void;
	/** Ends all of them. */
	close(): Promise<void>;
}

export interface SessionsOptions {
	clock: Clock;
	control: Control;
	carriers: Carriers;
	network: Network;
	schedule: () => Schedule;
	/** Who is the first of those that waited for the same. */
	random: Random;
	/** How long a statement is on its way at the most. */
	delayMsMax: number;
	/** How often a transaction is committed later than it is done, also where it is one statement. */
	late: number;
}

export function newSessions(options: SessionsOptions): Sessions & { gate: Gate } {
	const { clock, control, carriers, network, schedule, random, delayMsMax } = options;
	const of = new Map<pg.Client, Session>();
	const open = new Set<Session>();
	let numbers = 0;
	let statements = 0;
	/** What could not get through a wire that is cut, either way. */
	let stuck: (() => void)[] = [];
	let lettingIn = Promise.resolve();
	/** Sessions that the client has left, and the server not: it has not heard of it. */
	let left: Session[] = [];
	const waiting = waits({ control, random, idleTooLong: (session) => endByServer(session) });

	const commits = lateCommits({ ...options, waiting });

	const isCut = (session: Session, way: "out" | "in"): boolean => network.isCut(session.host, POSTGRES, way);

	function connect(client: pg.Client): Promise<void> {
		const host = currentHost();
		const session = newSession(++numbers, client, host);
		of.set(client, session);
		return new Promise((resolve, reject) => {
			const { _connectionTimeoutMillis: msMax = 0 } = client as unknown as { _connectionTimeoutMillis?: number };
			let isGivenUp = false;
			const giveUp = (): void => {
				isGivenUp = true;
				reject(connectTimeout());
			};
			const patience = msMax > 0 ? setTimeout(giveUp, msMax) : undefined;
			const attempt = (): void => {
				if (isGivenUp || host?.state === "killed") return;
				if (isCut(session, "out") || isCut(session, "in")) return void stuck.push(attempt);
				clearTimeout(patience);
				if (sessions.isDown) return reject(refused());
				const letIn = async (): Promise<void> => {
					const { isReadOnly } = sessions;
					const carrier = await carriers.take(client, host?.program);
					if (isReadOnly) {
						await driver.query.call(carrier.client, READ_ONLY);
						session.carrier = carrier;
						session.isKeeping = true;
					} else carriers.giveBack(carrier);
					open.add(session);
					whenAwake(host, () => {
						tellConnected(client, carrier.told, isReadOnly);
						resolve();
					});
				};
				// One after the other, where a mended wire lets several through at once.
				waiting.goesOn(() => (lettingIn = lettingIn.then(letIn)));
			};
			schedule().offer(`${nameOf(host)} connects to ${POSTGRES}`, host, attempt);
		});
	}

	function query(client: pg.Client, args: unknown[]): Promise<unknown> {
		const session = of.get(client);
		if (!session || session.isOver) return Promise.reject(notQueryable());
		return new Promise((resolve, reject) => {
			let isAnswered = false;
			const answer = (how: () => void): void => {
				if (isAnswered) return;
				isAnswered = true;
				clearTimeout(patience);
				const arrive = (): void => whenAwake(session.host, how);
				if (isCut(session, "in") && !session.isOver) stuck.push(arrive);
				else arrive();
			};
			const held = heldOf(session, args, {
				clock,
				carriers,
				resolve: (result) => answer(() => resolve(result)),
				reject: (error) => answer(() => reject(error)),
			});
			if (begins(session, held.text)) {
				session.heldBack = clock.nowMs();
				return resolve(NOTHING.BEGIN);
			}
			const { query_timeout: msMax } = session.limits;
			const giveUp = (): void => {
				session.held = session.held.filter((each) => each !== held);
				isAnswered = true;
				reject(readTimeout());
			};
			const patience = Number.isFinite(msMax) ? setTimeout(giveUp, msMax) : undefined;
			// The connection may be lost while it is on its way.
			const send = (): void => (session.isOver ? held.fail(lost()) : void session.held.push(held));
			if (held.text === "COMMIT" && session.heldBack === undefined) commits.delay(send);
			else send();
		});
	}

	async function close(client: pg.Client): Promise<void> {
		const session = of.get(client);
		of.delete(client);
		if (!session || session.isOver) return;
		for (const held of session.held.splice(0)) held.fail(ended());
		session.isOver = true;
		// The server does not hear of it.
		if (isCut(session, "out")) left.push(session);
		else await waiting.during(() => leave(session));
		whenAwake(session.host, () => tellEnded(client, undefined));
	}

	/** The server ends its part. A statement in work is done first: a server sees that its client is gone at the answer. */
	async function leave(session: Session): Promise<void> {
		open.delete(session);
		if (session.current !== undefined) return;
		const { carrier } = session;
		session.carrier = undefined;
		waiting.over(session);
		if (!carrier) return;
		await carriers.clean(carrier);
		carriers.giveBack(carrier);
	}

	/** Its transaction is over: another session's may go there. */
	function letGo(session: Session): void {
		const { carrier } = session;
		if (!carrier || session.isInTransaction || session.isKeeping) return;
		session.carrier = undefined;
		carriers.giveBack(carrier);
	}

	/** The program hears that its connection is gone, and the server as well. */
	async function lose(session: Session, error: Error): Promise<void> {
		if (!session.isOver) {
			session.isOver = true;
			for (const held of session.held.splice(0)) held.fail(error);
			whenAwake(session.host, () => tellEnded(session.client, error));
		}
		await leave(session);
	}

	function endByServer(session: Session): void {
		left = left.filter((each) => each !== session);
		waiting.goesOn(() => lose(session, adminShutdown()));
	}

	function* ready() {
		for (const session of open) {
			const { host, held, no } = session;
			if (session.current !== undefined || held.length === 0 || (host && host.state !== "running")) continue;
			if (isCut(session, "out")) continue;
			const [{ what, sinceMs }] = held as [Held];
			const untilMs = sinceMs + delayMsMax;
			yield { what: `${nameOf(host)} #${no} ${what}`, host, untilMs, happen: () => send(session) };
		}
	}

	function send(session: Session): void {
		const held = session.held.shift()!;
		const how = sessions.disturb?.(session, held.text);
		if (how) schedule().note(`    #${session.no} loses its connection ${how} ${held.what}`);
		if (how === "before") {
			held.fail(lost());
			waiting.goesOn(() => lose(session, lost()));
			return;
		}
		statements++;
		const { text } = held;
		const isLate = commits.areLater(session, held);
		if (held.mayChange) session.changes.push(text);
		session.isKeeping ||= held.isKept;
		waiting.sent(session, text);
		void held.send().then((done) => {
			if (!isLate) return over(session, text, done, how === "after");
			commits.later(session, held, done, (end) => over(session, end, done, how === "after"));
		});
	}

	/** Its client is told, and the server goes on with the next. */
	function over(session: Session, text: string, { tell }: Done, isLost: boolean): void {
		tell(isLost || session.isOver);
		waiting.answered(session, text);
		if (!session.isInTransaction) {
			const changes = session.changes.splice(0);
			if (changes.length > 0 && text !== "ROLLBACK") sessions.onCommit?.(changes);
		}
		if (isLost || session.isOver) waiting.goesOn(() => lose(session, lost()));
		else letGo(session);
	}

	const sessions: Sessions & { gate: Gate } = {
		gate: { connect, query, end: close },
		open,
		get statements() {
			return statements;
		},
		deadlocks: waiting.deadlocks,
		disturb: undefined,
		isDown: false,
		isReadOnly: false,
		onCommit: undefined,
		ready,
		settle: waiting.settle,
		terminate(which) {
			for (const session of [...open, ...left].filter(which)) endByServer(session);
		},
		aside: (work) => waiting.goesOn(async () => void (await work())),
		killed(host) {
			const its = [...open].filter((session) => session.host === host);
			waiting.goesOn(async () => {
				for (const session of its) await lose(session, lost());
			});
		},
		mended() {
			for (const each of stuck.splice(0)) each();
			for (const session of left.splice(0)) waiting.goesOn(() => leave(session));
		},
		async close() {
			for (const session of open) {
				if (session.isBlocked) await waiting.cancel(session);
				session.isOver = true;
			}
			await waiting.allAnswered();
			for (const session of [...open, ...left, ...commits.abandoned()]) await leave(session);
		},
	};
	return sessions;
}

function nameOf(host: Host | undefined): string {
	return host?.name ?? "world";
}
