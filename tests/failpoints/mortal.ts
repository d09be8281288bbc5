import { once } from "node:events";
import fs from "node:fs";
import { startShopProcess, type ShopProcess } from "../support/shop-process";
import type { News, Order } from "./points";

/** A node with failpoints. When it has died at one, another process takes its place under its name. */
export interface Mortal extends AsyncDisposable {
	readonly name: string;
	/** From now on, until it dies or is told otherwise. */
	arm(at: string, blow?: "SIGKILL" | "SIGSTOP"): void;
	/** @returns false where it was too late: it has died */
	disarmed(): Promise<boolean>;
	isDead(): boolean;
	/** Was stopped by SIGSTOP, as Linux tells it. */
	isFrozen(): boolean;
	/** Starts the successor, whose modules were loaded beforehand. */
	restart(): Promise<void>;
	record(): void;
	/** The points that it has passed since `record`. */
	passed(): Promise<string[]>;
	/** Wakes up what was frozen. */
	thaw(): void;
	/** Loads the next successor. */
	prepare(): Promise<void>;
}

/** For a process to read all its modules, on a machine that is busy with others. */
const LOADED_MS_MAX = 180_000;

const PROGRAM = "tests/failpoints/node.ts";

export async function startMortal(name: string, environment: Record<string, string>): Promise<Mortal> {
	const load = async (): Promise<ShopProcess> => {
		const loading = await startShopProcess(name, { ...environment, FAULT_WAIT: "1" }, PROGRAM);
		await heardFrom(loading, "loaded");
		return loading;
	};
	const tell = (shop: ShopProcess, order: Order): void => void shop.child.send(order);
	let current = await load();
	let next: ShopProcess | undefined;
	tell(current, { kind: "go" });

	const mortal: Mortal = {
		name,
		arm: (at, blow = "SIGKILL") => tell(current, { kind: "arm", at, blow }),
		async disarmed() {
			const { child } = current;
			if (mortal.isDead()) return false;
			const answer = heardFrom(current, "disarmed").then(() => true);
			// It may die with the question under way.
			child.send({ kind: "disarm" } satisfies Order, () => undefined);
			return Promise.race([answer, once(child, "exit").then(() => false)]);
		},
		isDead: () => current.child.signalCode !== null || current.child.exitCode !== null,
		isFrozen: () => / T /.test(fs.readFileSync(`/proc/${current.child.pid}/stat`, "utf8")),
		async restart() {
			await current.end("SIGKILL");
			current = next ?? (await load());
			next = undefined;
			tell(current, { kind: "go" });
		},
		record: () => tell(current, { kind: "record" }),
		async passed() {
			const answer = heardFrom(current, "passed");
			tell(current, { kind: "report" });
			return (await answer).points;
		},
		thaw: () => void current.child.kill("SIGCONT"),
		async prepare() {
			next ??= await load();
		},
		async [Symbol.asyncDispose]() {
			await Promise.all([current.end("SIGKILL"), next?.end("SIGKILL")]);
		},
	};
	await current.ready();
	return mortal;
}

async function heardFrom<Kind extends News["kind"]>(
	{ child, name }: ShopProcess,
	kind: Kind,
): Promise<Extract<News, { kind: Kind }>> {
	const signal = AbortSignal.timeout(LOADED_MS_MAX);
	for (;;) {
		const [news] = (await once(child, "message", { signal })) as [News];
		if (news.kind === kind) return news as Extract<News, { kind: Kind }>;
		if (child.exitCode !== null) throw new Error(`${name} ended before it was ${kind}`);
	}
}
