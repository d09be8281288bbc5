import type { ServiceSchema } from "moleculer";
import type { WithDatabase } from "../database/database.mixin";
import { defineMixin } from "../define";
import { participantRetention } from "./retention";

/** Often enough that a busy shop's batches keep up with what becomes old. */
const SWEEP_MS = 60_000;

export interface ParticipantOptions {
	schema: string;
	/** How long is known what was done and undone for sagas that are over: longer than any call can be on its way. */
	historyDays: number;
	/** The service that runs the sagas, and says which of them are over. */
	owner: string;
}

/** For a service that takes part in sagas (see participant.ts): clears away what is long over. Needs the Database mixin. */
export function SagaParticipant({ schema, historyDays, owner }: ParticipantOptions): Partial<ServiceSchema> {
	let timer: NodeJS.Timeout | undefined;

	return defineMixin<WithDatabase>({
		async started() {
			const retention = participantRetention(this.db, schema, (sagaIds) =>
				this.broker.call<string[], object>(`${owner}.sagasOver`, { sagaIds }),
			);
			timer = setInterval(() => {
				retention.sweep(historyDays).catch((error: Error) => {
					this.logger.warn("What was done for old sagas could not be cleared away:", error.message);
				});
			}, SWEEP_MS);
		},
		async stopped() {
			clearInterval(timer);
		},
	});
}
