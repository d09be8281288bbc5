import type { Surroundings } from "./surroundings";

/** Both directions of a connection's heartbeats. */
export interface Heartbeats {
	heard(): void;
	said(): void;
	/** The client is not read, so its silence means nothing. */
	pause(): void;
	resume(): void;
	end(): void;
}

/**
 * As RabbitMQ does it: it speaks twice in an interval where it has nothing else to say, and believes in nobody who was
 * not heard in two whole intervals.
 * @param intervalS what was agreed upon; 0 is none at all
 */
export function heartbeats(
	intervalS: number,
	{ after }: Pick<Surroundings, "after">,
	{ speak, lost }: { speak(): void; lost(): void },
): Heartbeats {
	let hasSaid = false;
	let hasHeard = false;
	let silentLooks = 0;
	let isPaused = false;
	let isOver = intervalS === 0;
	let cancelSpeaking = (): void => undefined;
	let cancelListening = (): void => undefined;

	function speakOn(): void {
		cancelSpeaking = after((intervalS * 1_000) / 2, () => {
			if (!hasSaid) speak();
			hasSaid = false;
			if (!isOver) speakOn();
		});
	}

	function listenOn(): void {
		cancelListening = after(intervalS * 1_000, () => {
			silentLooks = hasHeard || isPaused ? 0 : silentLooks + 1;
			hasHeard = false;
			if (silentLooks >= 2) lost();
			else listenOn();
		});
	}

	if (!isOver) {
		speakOn();
		listenOn();
	}
	return {
		heard: () => void (hasHeard = true),
		said: () => void (hasSaid = true),
		pause: () => void (isPaused = true),
		resume() {
			isPaused = false;
			hasHeard = true;
		},
		end() {
			isOver = true;
			cancelSpeaking();
			cancelListening();
		},
	};
}
