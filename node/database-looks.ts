import { sharePool, type PoolShare } from "../mixins/database/pools";
import type { Access } from "./access";
import { compare, type Clock } from "./clock";

const LOOK_MS = 2_000;
/** Twice as long as the next look is away. It goes on, and no other one is begun beside it. */
const SLOW_MS = 4_000;

/** Looks at a node's databases every two seconds, each as who works there. */
export interface DatabaseLooks {
	/** The variables of those that can't be used. */
	missing(): string[];
	stop(): Promise<void>;
}

interface Watched {
	variable: string;
	share: PoolShare;
	/** What keeps its users from their work, as its server says it. */
	problem: string | undefined;
	beganMs: number | undefined;
}

export function lookAtDatabases(
	{ pools }: Access,
	clock: Clock,
	log: { warn(sentence: string): void; info(sentence: string): void },
): DatabaseLooks {
	const all = pools.map(({ variable, address }): Watched => {
		return { variable, share: sharePool(address), problem: undefined, beganMs: undefined };
	});
	const missing = (): string[] => [
		...new Set(all.flatMap(({ variable, problem }) => (problem === undefined ? [] : [variable]))),
	];

	function found(watched: Watched, problem: string | undefined): void {
		const { variable } = watched;
		const wasMissing = missing().includes(variable);
		watched.problem = problem;
		const isMissing = missing().includes(variable);
		if (isMissing && !wasMissing) log.warn(`${variable} can't be used: ${problem}`);
		if (wasMissing && !isMissing) log.info(`${variable} can be used again`);
	}

	async function look(watched: Watched): Promise<void> {
		const { variable, share, beganMs } = watched;
		if (beganMs !== undefined) {
			const sinceMs = performance.now() - beganMs;
			if (sinceMs > SLOW_MS) found(watched, `it has not answered for ${Math.round(sinceMs / 1_000)} s`);
			return;
		}
		watched.beganMs = performance.now();
		try {
			const difference = await compare(() => share.database.proveWritable());
			if (difference) clock.heard(variable, difference);
			found(watched, share.database.unable());
		} catch (error) {
			found(watched, (error as Error).message);
		} finally {
			watched.beganMs = undefined;
		}
	}

	const timer = setInterval(() => {
		for (const watched of all) void look(watched);
	}, LOOK_MS);

	return {
		missing,
		async stop() {
			clearInterval(timer);
			await Promise.all(all.map(({ share }) => share.release()));
		},
	};
}
