import type { EventTransport } from "../../mixins/events/transport";

/** A moment at which a process of a fault suite kills itself. */
export type Failpoint =
	| "before the publish"
	| "after the confirm"
	/** Some dead letters are back in their queue, and the first byte of their removal has not left. */
	| "after dead letters went back"
	/** Some have gone back and were removed, and others not. */
	| "between dead letters";

/** Between a service and its broker: the process ends by kill -9 at the moment that was set. */
export function mortal(transport: EventTransport): { transport: EventTransport; dieAt(point: Failpoint): void } {
	let deadly: Failpoint | undefined;
	const reached = (point: Failpoint): void => {
		if (point === deadly) process.kill(process.pid, "SIGKILL");
	};
	return {
		transport: {
			...transport,
			async publish(messages) {
				reached("before the publish");
				const outcomes = await transport.publish(messages);
				if (outcomes.some(({ confirmed }) => confirmed)) reached("after the confirm");
				return outcomes;
			},
			visitDeadLetters(queue, visitor) {
				let isFirst = true;
				return transport.visitDeadLetters(queue, {
					async decide(letters) {
						const decisions = await visitor.decide(letters);
						if (!isFirst) reached("between dead letters");
						isFirst = false;
						return decisions;
					},
					carriedOut(letters, outcomes) {
						reached("after dead letters went back");
						return visitor.carriedOut(letters, outcomes);
					},
				});
			},
		},
		dieAt: (point) => void (deadly = point),
	};
}
