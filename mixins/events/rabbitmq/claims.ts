import { onChannel, type Channels } from "./declare";

/** A name on a virtual host that has one holder. Whoever's id stands there first has it, for good. */
export interface Claim {
	/** Of a durable exchange to which nobody publishes. */
	name: string;
	/** An id, 40 characters at most: in its refusal RabbitMQ cuts off what is longer. */
	holder: string;
	/** It is for somebody else to take: compared where it is there, and not made. */
	isOthers?: boolean;
}

/** Somebody else has it. */
export class ClaimedError extends Error {
	override readonly name = "ClaimedError";

	constructor(
		readonly claim: Claim,
		/** `undefined` where RabbitMQ's answer doesn't tell. */
		readonly holder: string | undefined,
	) {
		super(`The exchange ${claim.name} names ${holder ?? "somebody else"}, and not ${claim.holder}`);
	}
}

const NOT_FOUND = 404;
const PRECONDITION_FAILED = 406;

const HOLDER = /arg 'alternate-exchange' .* current is (?:the value )?'([^']+)'/s;

/** Nobody's id. */
const NOBODY = "nobody";

/**
 * Takes what it doesn't have yet: all, or nothing. What is there is compared first, so that whoever is refused has as a
 * rule made nothing; the others are taken in the order in which they are given.
 *
 * The id stands where the exchange names its alternate. That is the one argument of an exchange that RabbitMQ compares
 * with what is there already (rabbit_exchange:assert_args_equivalence, from 3.10 to 4.2), within the declaration itself:
 * of any number who declare at once, one makes it and the others are compared with that.
 * @returns gives back what was taken
 * @throws {ClaimedError}
 */
export async function claimAll(on: Channels, claims: readonly Claim[]): Promise<() => Promise<void>> {
	const there = await Promise.all(claims.map(({ name }) => exists(on, name)));
	await confirmClaims(
		on,
		claims.filter((_, index) => there[index]),
	);
	const taken: string[] = [];
	const giveBack = async (): Promise<void> => {
		for (const name of taken.toReversed()) await onChannel(on, (channel) => channel.deleteExchange(name));
	};
	try {
		for (const claim of claims.filter(({ isOthers }, index) => !there[index] && !isOthers)) {
			await confirmClaims(on, [claim]);
			taken.push(claim.name);
		}
	} catch (error) {
		await giveBack();
		throw error;
	}
	return giveBack;
}

/** What has been taken is still ours; what somebody has deleted is taken again. @throws {ClaimedError} */
export async function confirmClaims(on: Channels, claims: readonly Claim[]): Promise<void> {
	for (const claim of claims) {
		if (claim.isOthers && !(await exists(on, claim.name))) continue;
		try {
			await onChannel(on, (channel) =>
				channel.assertExchange(claim.name, "fanout", {
					durable: true,
					internal: true,
					alternateExchange: claim.holder,
				}),
			);
		} catch (error) {
			const { code, message } = error as { code?: number; message: string };
			if (code !== PRECONDITION_FAILED) throw error;
			throw new ClaimedError(claim, HOLDER.exec(message)?.[1]);
		}
	}
}

/** Who has the name, without taking it; `undefined` where nobody has, or the answer doesn't tell. */
export async function holderOf(on: Channels, name: string): Promise<string | undefined> {
	if (!(await exists(on, name))) return undefined;
	try {
		await confirmClaims(on, [{ name, holder: NOBODY }]);
		// Deleted since we looked, and so made by the question.
		await onChannel(on, (channel) => channel.deleteExchange(name));
		return undefined;
	} catch (error) {
		if (error instanceof ClaimedError) return error.holder;
		throw error;
	}
}

async function exists(on: Channels, name: string): Promise<boolean> {
	try {
		await onChannel(on, (channel) => channel.checkExchange(name));
		return true;
	} catch (error) {
		if ((error as { code?: number }).code === NOT_FOUND) return false;
		throw error;
	}
}
