import { findByEmail } from "../find-account";
import type { UserRow } from "../users.model";
import type { UsersService } from "../users.service";
import { letterOf } from "./letters";
import { issueToken } from "./mail-tokens";
import { putOffMail, strikeMail, takeMails, type WaitingMail } from "./waiting-mail";

/** What other nodes wrote down, and what was put off. */
const SWEEP_MS = 1_000;

/** A server that takes longer is asked again later. */
const SENDING_MS_MAX = 10_000;

/** Sends what waits, beside those of other nodes. */
export interface Poster {
	/** Something is due now. */
	wake(): void;
	/** Ends with what is on its way. */
	stop(): Promise<void>;
}

export function startPoster(service: UsersService): Poster {
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
			try {
				const mails = await takeMails(service.db);
				await Promise.all(mails.map((mail) => postOrPutOff(service, mail)));
				again ||= mails.length > 0;
			} catch (error) {
				service.logger.debug("Nobody could look for mail to send:", (error as Error).message);
			}
		}
	};
	const timer = setInterval(wake, SWEEP_MS);
	return {
		wake,
		async stop() {
			stopped = true;
			clearInterval(timer);
			await round;
		},
	};
}

async function postOrPutOff(service: UsersService, mail: WaitingMail): Promise<void> {
	try {
		await post(service, mail);
		await strikeMail(service.db, mail.id);
	} catch (error) {
		service.logger.warn(`Mail ${mail.id} was not sent, attempt ${mail.attempts}:`, (error as Error).message);
		await putOffMail(service.db, mail);
	}
}

async function post(service: UsersService, { id, kind, emailKey, isOver }: WaitingMail): Promise<void> {
	if (isOver) return service.logger.error(`Mail ${id} could not be sent in time, and is given up`);
	if (!service.publicUrl)
		return service.logger.warn(`Mail ${id} is not sent: without PUBLIC_URL its link leads nowhere`);
	const user = await findByEmail(service, emailKey);
	if (!user || !isWanted(kind, user)) return;
	const token = await issueToken(service.db, kind, user.id);
	const letter = letterOf(kind, user, service.publicUrl, token);
	await service.mailer.send({ id, userId: user.id, to: user.email, ...letter }, AbortSignal.timeout(SENDING_MS_MAX));
}

function isWanted(kind: WaitingMail["kind"], { emailVerifiedAt }: UserRow): boolean {
	return kind !== "VERIFY_EMAIL" || !emailVerifiedAt;
}
