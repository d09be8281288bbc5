import { openConfirms, type Answer, type Confirms, type Publication } from "./confirms";
import type { BrokerConnection } from "./connection";
import type { Patience } from "./patience";
import { silence, type Route } from "./routes";
import { CONFIRM_TIMEOUT_MS, lose, type Sent } from "./sent";

/** RabbitMQ may have forgotten a message that a queue did not take (it loses its leader, say): then another one is tried. */
const PROBE_MS = 30_000;

/** Finds out when a silent route answers again. */
export interface Probes {
	/** Sends it on a channel of its own, or settles it at once when another one is on its way there. */
	send(publication: Publication, sent: Sent): void;
	/** Gives up what takes too long. */
	sweep(): void;
}

interface Probe {
	sent: Sent;
	confirms?: Confirms<Sent>;
}

export function probes(
	connection: BrokerConnection,
	{ patience, answered, missing }: { patience: Patience; answered(sent: Sent, answer: Answer): void; missing(): void },
): Probes {
	const underWay = new Map<Route, Probe>();

	async function begin(publication: Publication, probe: Probe): Promise<void> {
		const { route } = probe.sent;
		const isOver = (): void => void underWay.delete(route);
		try {
			probe.confirms = await patience.answerOf(
				openConfirms<Sent>(connection, {
					answered(sent, answer) {
						answered(sent, answer);
						probe.confirms!.close();
					},
					missing,
					ended(unanswered, reason) {
						isOver();
						lose(unanswered, reason);
					},
				}),
			);
			probe.confirms.send(publication, probe.sent);
		} catch (error) {
			isOver();
			lose([probe.sent], (error as Error).message);
		}
	}

	return {
		send(publication, sent) {
			if (underWay.has(sent.route)) return sent.settle(silence(sent.route));
			const probe: Probe = { sent };
			underWay.set(sent.route, probe);
			void begin(publication, probe);
		},
		sweep() {
			for (const { sent, confirms } of underWay.values()) {
				if (sent.sentMs + CONFIRM_TIMEOUT_MS <= patience.nowMs()) sent.settle(silence(sent.route));
				if (sent.sentMs + PROBE_MS <= patience.nowMs()) confirms?.close();
			}
		},
	};
}
