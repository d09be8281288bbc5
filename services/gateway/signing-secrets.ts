import { randomUUID } from "node:crypto";
import type { Service } from "moleculer";
import { proofOf } from "../../mixins/access/token";

const ASK_EVERY_MS = 3_000;
/** It is told again for as long as it lasts. */
const TELL_EVERY_MS = 60_000;

/** Whether the tokens that users signs are good here. */
export interface SigningSecrets {
	/** `JWT_SECRET` where every users node signs with another one: then nobody can sign in here. */
	missing(): string[];
	stop(): void;
}

/**
 * Asks each users node again and again to prove that it has one of this gateway's secrets. Where it has not, signing in
 * works, everything else is UNAUTHENTICATED, and neither side would say why.
 */
export function watchSigningSecrets(service: Service, secrets: readonly string[]): SigningSecrets {
	const { broker, logger } = service;
	let isGoodAt = new Map<string, boolean>();
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
		isGoodAt = new Map(answers.flatMap(([id, isGood]) => (isGood === undefined ? [] : [[id, isGood] as const])));
		for (const id of toldAtMs.keys()) if (isGoodAt.get(id) !== false) toldAtMs.delete(id);
		for (const [id, isGood] of isGoodAt) if (!isGood) tell(id);
	};
	let isLooking = false;
	const timer = setInterval(() => {
		if (isLooking) return;
		isLooking = true;
		void look().finally(() => (isLooking = false));
	}, ASK_EVERY_MS);
	return {
		missing: () => (isGoodAt.size > 0 && ![...isGoodAt.values()].includes(true) ? ["JWT_SECRET"] : []),
		stop: () => clearInterval(timer),
	};
}

function usersNodes({ broker }: Service): string[] {
	const services = broker.registry.getServiceList({ onlyAvailable: true }) as { name: string; nodeID: string }[];
	return services.filter(({ name }) => name === "users").map(({ nodeID }) => nodeID);
}
