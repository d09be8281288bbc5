import { findByEmail } from "../find-account";
import type { UserRow } from "../users.model";
import type { UsersService } from "../users.service";
import { letterOf } from "./letters";
import { mailServer, type MailServer } from "./mail-server";
import { issueToken } from "./mail-tokens";
import type { Mail } from "./mailer";
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
	const mail = await mailFor(service, waiting);
	const failure = mail && (await failureOf(service, mail, stopping));
	switch (failure?.hindrance) {
		case "server":
			if (!stopping.aborted) server.fails(failure.message);
			return putOffMail(service.db, waiting, "away");
		case "later":
			server.works();
			service.logger.info(`Mail ${id} is wanted later, after attempt ${waiting.attempts}: ${failure.message}`);
			return putOffMail(service.db, waiting, "later");
		case "never":
			server.works();
			service.logger.warn(`Mail ${id} to user ${mail!.userId} is refused for good, and given up: ${failure.message}`);
			return strikeMail(service.db, id);
		case undefined:
			if (mail) server.works();
			return strikeMail(service.db, id);
	}
}

/** Nothing when it has left. */
async function failureOf(
	{ mailer }: UsersService,
	mail: Mail,
	stopping: AbortSignal,
): Promise<Pick<NotSentError, "hindrance" | "message"> | undefined> {
	try {
		await mailer!.send(mail, AbortSignal.any([stopping, AbortSignal.timeout(SENDING_MS_MAX)]));
		return undefined;
	} catch (error) {
		return error instanceof NotSentError ? error : { hindrance: "server", message: (error as Error).message };
	}
}

/** Made when it is sent, so that what waits holds no secret; nothing where nobody is to get it. */
async function mailFor(service: UsersService, { id, kind, emailKey }: WaitingMail): Promise<Mail | undefined> {
	const user = await findByEmail(service, emailKey);
	if (!user || !isWanted(kind, user)) return undefined;
	const shop = service.publicUrl();
	if (shop === undefined) throw new Error("It is not known yet where the shop is");
	const token = await issueToken(service.db, kind, user.id);
	return { id, userId: user.id, to: user.email, ...letterOf(kind, user, shop, token) };
}

function isWanted(kind: WaitingMail["kind"], { emailVerifiedAt }: UserRow): boolean {
	return kind !== "VERIFY_EMAIL" || !emailVerifiedAt;
}
