import { randomUUID } from "node:crypto";
import type { Service } from "moleculer";
import { proofOf } from "../../mixins/access/token";

const ASK_EVERY_MS = 3_000;
/** It is told again for as long as it lasts. */
const TELL_EVERY_MS = 60_000;

/**
 * Asks each users node again and again to prove that it has one of this gateway's secrets. Where it has not, signing in
 * works, everything else is UNAUTHENTICATED, and neither side would say why. The log does; readiness does not, or one users
 * node that is set wrongly would take every gateway out of its balancer.
 *
 * @returns ends it
 */
export function watchSigningSecrets(service: Service, secrets: readonly string[]): () => void {
	const { broker, logger } = service;
	const toldAtMs = new Map<string, number>();

	const ask = async (nodeId: string): Promise<boolean | undefined> => {
		const challenge = randomUUID();
		try {
			const proof = await broker.call<string, { challenge: string }>(
				"users.proveSecret",
				{ challenge },
				{ nodeID: nodeId },
			);
			return secrets.some((secret) => proofOf(secret, challenge) === proof);
		} catch (error) {
			// It has just gone, or is of an older release.
			logger.debug(`The users node ${nodeId} did not prove its secret:`, (error as Error).message);
			return undefined;
		}
	};
	const tell = (nodeId: string): void => {
		if (performance.now() - (toldAtMs.get(nodeId) ?? -Infinity) < TELL_EVERY_MS) return;
		toldAtMs.set(nodeId, performance.now());
		logger.error(
			`The users node ${nodeId} signs access tokens with another JWT_SECRET than this gateway's: whoever signs in there ` +
				"is nobody here. Give both the same; docs/operating.md says how it is changed.",
		);
	};
	const look = async (): Promise<void> => {
		const answers = await Promise.all(usersNodes(service).map(async (id) => [id, await ask(id)] as const));
		const wrong = new Set(answers.filter(([, isGood]) => isGood === false).map(([id]) => id));
		for (const id of toldAtMs.keys()) if (!wrong.has(id)) toldAtMs.delete(id);
		for (const id of wrong) tell(id);
	};
	let isLooking = false;
	const timer = setInterval(() => {
		if (isLooking) return;
		isLooking = true;
		void look().finally(() => (isLooking = false));
	}, ASK_EVERY_MS);
	return () => clearInterval(timer);
}

function usersNodes({ broker }: Service): string[] {
	const services = broker.registry.getServiceList({ onlyAvailable: true }) as { name: string; nodeID: string }[];
	return services.filter(({ name }) => name === "users").map(({ nodeID }) => nodeID);
}
