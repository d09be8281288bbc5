import { findByEmail } from "../find-account";
import type { UserRow } from "../users.model";
import type { UsersService } from "../users.service";
import { letterOf } from "./letters";
import { mailServer, type MailServer } from "./mail-server";
import { issueToken, takeTokenBack } from "./mail-tokens";
import { NotSentError } from "./not-sent";
import { putOffMail, strikeMail, takeMails, type WaitingMail } from "./waiting-mail";

/** What other nodes wrote down, and what was put off. */
const SWEEP_MS = 1_000;

/** A server that takes longer is asked again later. Less than a mail is leased for. */
const SENDING_MS_MAX = 45_000;

/** What is on its way when the node stops has so long: the node itself has 15 s. */
const STOPPING_MS_MAX = 5_000;

/** Sends what waits, beside those of other nodes. */
export interface Poster {
	/** Something is due now. */
	wake(): void;
	/** Ends with what is on its way; what takes too long is left to whoever works next. */
	stop(): Promise<void>;
}

/** A node without a mailer leaves mail to those that have one. */
export function startPoster(service: UsersService): Poster {
	if (!service.mailer) return { wake: () => undefined, stop: async () => undefined };
	const stopping = new AbortController();
	const server = mailServer(service.logger);
	const onTheirWay = new Set<Promise<void>>();
	let round: Promise<void> | undefined;
	let again = false;
	let stopped = false;

	const wake = (): void => {
		again = true;
		round ??= work().finally(() => (round = undefined));
	};
	const work = async (): Promise<void> => {
		while (again && !stopped) {
			again = false;
			const free = server.allows() - onTheirWay.size;
			if (free <= 0) return;
			try {
				const mails = await takeMails(service.db, free);
				for (const mail of mails) send(mail);
				again ||= mails.length > 0;
			} catch (error) {
				service.logger.debug("Nobody could look for mail to send:", (error as Error).message);
			}
		}
	};
	const send = (mail: WaitingMail): void => {
		const sending = post(service, server, mail, stopping.signal)
			.catch((error: Error) => service.logger.debug(`Mail ${mail.id} is left for later:`, error.message))
			.finally(() => {
				onTheirWay.delete(sending);
				wake();
			});
		onTheirWay.add(sending);
	};
	const timer = setInterval(wake, SWEEP_MS);
	void service.mailer.reach().catch(({ message }: Error) => server.fails(message));
	return {
		wake,
		async stop() {
			stopped = true;
			clearInterval(timer);
			await round;
			const cutOff = setTimeout(() => stopping.abort(), STOPPING_MS_MAX);
			await Promise.all(onTheirWay);
			clearTimeout(cutOff);
		},
	};
}

/** What is done with one mail; it is struck out when it has left, or never will. */
async function post(
	service: UsersService,
	server: MailServer,
	waiting: WaitingMail,
	stopping: AbortSignal,
): Promise<void> {
	const { id } = waiting;
	if (waiting.isOver) {
		service.logger.error(`Mail ${id} could not be sent in time, and is given up`);
		return strikeMail(service.db, id);
	}
	const user = await recipientOf(service, waiting);
	if (!user) return strikeMail(service.db, id);
	const failure = await failureOf(service, waiting, user, stopping);
	switch (failure?.hindrance) {
		case "server":
			if (!stopping.aborted) server.fails(failure.message);
			return putOffMail(service.db, waiting, "away");
		case "later":
			server.works();
			service.logger.info(`Mail ${id} is wanted later, after attempt ${waiting.attempts}: ${failure.message}`);
			return putOffMail(service.db, waiting, "later");
		case "never":
		case "address":
			// Of one that is no address the server has heard nothing.
			if (failure.hindrance === "never") server.works();
			service.logger.warn(`Mail ${id} to user ${user.id} is refused for good, and given up: ${failure.message}`);
			return strikeMail(service.db, id);
		case undefined:
			server.works();
			return strikeMail(service.db, id);
	}
}

/** Nothing where nobody is to get it. */
async function recipientOf(service: UsersService, { kind, emailKey }: WaitingMail): Promise<UserRow | undefined> {
	const user = await findByEmail(service, emailKey);
	return user && isWanted(kind, user) ? user : undefined;
}

/**
 * Nothing when it has left. Its secret is made when it is sent, so that what waits holds none, and taken back where it has
 * surely not left: a server that is away for a day would cost a thousand of them.
 */
async function failureOf(
	service: UsersService,
	{ id, kind }: WaitingMail,
	user: UserRow,
	stopping: AbortSignal,
): Promise<Pick<NotSentError, "hindrance" | "message"> | undefined> {
	const shop = service.publicUrl();
	if (shop === undefined) throw new Error("It is not known yet where the shop is");
	const token = await issueToken(service.db, kind, user.id);
	const mail = { id, userId: user.id, to: user.email, ...letterOf(kind, user, shop, token) };
	try {
		await service.mailer!.send(mail, AbortSignal.any([stopping, AbortSignal.timeout(SENDING_MS_MAX)]));
		return undefined;
	} catch (error) {
		if (!(error instanceof NotSentError)) return { hindrance: "server", message: (error as Error).message };
		if (!error.mayHaveLeft) await takeTokenBack(service.db, token);
		return error;
	}
}

function isWanted(kind: WaitingMail["kind"], { emailVerifiedAt }: UserRow): boolean {
	return kind !== "VERIFY_EMAIL" || !emailVerifiedAt;
}
