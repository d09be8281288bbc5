import type { Logger } from "moleculer";
import type { Leases } from "./leases";
import { shareOf } from "./share";

/** A relay's share that is looked after while the broker answers as told, the last answer again and again. */
async function kept(answers: boolean[], looks: number): Promise<string[]> {
	const done: string[] = [];
	const leases: Leases = {
		mine: () => [],
		renew: async () => {
			done.push("renew");
			return { gained: [], isWaiting: false };
		},
		release: async () => void done.push("release"),
	};
	let seen!: () => void;
	const all = new Promise<void>((resolve) => (seen = resolve));
	const canPublish = (): boolean => {
		if (--looks <= 0) seen();
		return (answers.length > 1 ? answers.shift() : answers[0])!;
	};
	const log = { info: () => undefined, warn: () => undefined } as unknown as Logger;
	const share = shareOf({
		leases,
		transport: { canPublish },
		log,
		read: () => new Map(),
		onRenewed: () => void done.push("look"),
	});
	await share.start();
	await all;
	await share.stop();
	return done;
}

test("who could not publish for a moment keeps its share", async () => {
	const done = await kept([true, false, true], 3);

	expect(done).toEqual(["renew", "look", "renew", "look", "renew", "look", "release"]);
});

test("who can't publish for seconds gives its share back once, and has one again as soon as it can", async () => {
	const isOut = Array.from({ length: 10 }, () => false);

	const done = await kept([true, ...isOut, true], 12);

	expect(done.slice(0, 2)).toEqual(["renew", "look"]);
	expect(done.slice(-4)).toEqual(["release", "renew", "look", "release"]);
	expect(done.filter((each) => each === "release")).toHaveLength(2);
});
