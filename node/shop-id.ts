import { addressOf, vhostOf } from "../mixins/events/rabbitmq/address";
import { claimAll, ClaimedError, holderOf, type Claim } from "../mixins/events/rabbitmq/claims";
import { brokerConnection } from "../mixins/events/rabbitmq/connection";
import type { Channels } from "../mixins/events/rabbitmq/declare";
import type { Log } from "../mixins/events/transport";
import { OtherCurrencyError } from "../services/currency";
import { keepShopId, newId } from "./database-ids";
import type { KnownDatabase } from "./databases";
import { CURRENCY_CLAIM, databaseClaim, OtherShopsVhostError, SHOP_CLAIM, TwoShopsError } from "./other-shop";
import { reach, type Patience } from "./reach";
import { reachAmqp } from "./reach-servers";
import { SERVICE_NAMES } from "./settings";

/** Which shop a node belongs to. */
export interface Shop {
	/** `undefined` on a node without a database, where no other one has started yet. */
	id: string | undefined;
	/** What this node needs of the virtual host. */
	claims: Claim[];
	/** Somebody else has one of them: the sentence for whoever started this node. */
	lostTo(error: ClaimedError): OtherShopsVhostError | OtherCurrencyError;
	/** It is the one of this node then. */
	isCurrencySettled: boolean;
}

/** What a node's prices are in. */
export interface Currency {
	code: string;
	/** A database knows it, or the node hosts the catalogue, whose first start settles it. */
	isSettled: boolean;
}

/** What there is to say, the error says. */
const UNHEARD: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Each failure means that another node of this shop was faster; they agree in the first round. */
const ROUNDS_MAX = 5;

/**
 * Finds out which shop this is, and that nothing which the node was given belongs to another one. The id is made once,
 * by the first of a shop's nodes, whichever service it hosts, and kept in each database and on the virtual host. A
 * database without one takes that of the virtual host, if its services work on no other one there. Of the databases
 * that have never met, RabbitMQ decides: it names one, in one step.
 * The currency is the catalogue's to settle; a node without it compares its own, as soon as there is one.
 * @throws {TwoShopsError} {@link OtherShopsVhostError} {@link OtherCurrencyError} {@link UnreachableError}, and then has
 * left nothing behind
 */
export async function settleShop(
	databases: readonly KnownDatabase[],
	currency: Currency,
	amqpUrl: string | undefined,
	patience?: Patience,
): Promise<Shop> {
	const known = agreed(databases);
	const own = claimsOf(databases);
	const ofCurrency = claimOf(currency);
	const lostTo = (error: ClaimedError): OtherShopsVhostError | OtherCurrencyError =>
		problemOf(amqpUrl!, error, (service) => variableOf(databases, service));
	if (amqpUrl === undefined) {
		const id = await keep(databases, known ?? newId(), "DATABASE_URL");
		return { id, claims: [], lostTo, isCurrencySettled: currency.isSettled };
	}

	const settle = async (on: Channels): Promise<Shop> => {
		for (let round = 1; ; round++) {
			const held = known ?? (await holderOf(on, SHOP_CLAIM));
			const id = databases.length === 0 ? held : (held ?? newId());
			const ofShop = databases.length === 0 || id === undefined ? [] : [{ name: SHOP_CLAIM, holder: id }];
			const claims = [...own, ...ofShop, ofCurrency];
			try {
				const giveBack = await claimAll(on, claims);
				if (id !== undefined)
					await keep(databases, id, "AMQP_URL").catch(async (error: unknown) => {
						// A database that is away for a moment is asked again, and others may have taken the id over already.
						if (error instanceof TwoShopsError) await giveBack();
						throw error;
					});
				const isCurrencySettled = currency.isSettled || (await holderOf(on, CURRENCY_CLAIM)) !== undefined;
				return { id, claims, lostTo, isCurrencySettled };
			} catch (error) {
				if (!(error instanceof ClaimedError)) throw error;
				const isUndecided = known === undefined && error.claim.name === SHOP_CLAIM;
				if (!isUndecided || round === ROUNDS_MAX) throw lostTo(error);
			}
		}
	};
	return onVhost(amqpUrl, settle, patience);
}

function claimOf({ code, isSettled }: Currency): Claim {
	return { name: CURRENCY_CLAIM, holder: code, isOthers: !isSettled };
}

function problemOf(
	amqpUrl: string,
	error: ClaimedError,
	variable: (service: string) => string,
): OtherShopsVhostError | OtherCurrencyError {
	const { claim, holder } = error;
	if (claim.name !== CURRENCY_CLAIM) return new OtherShopsVhostError(amqpUrl, error, variable);
	const witness = `the virtual host "${vhostOf(amqpUrl)}" at ${addressOf(amqpUrl)}`;
	return new OtherCurrencyError(holder ?? "another currency", claim.holder, witness);
}

/** The id of the shop whose virtual host this is. */
export function shopOn(amqpUrl: string, patience?: Patience): Promise<string | undefined> {
	return onVhost(amqpUrl, (on) => holderOf(on, SHOP_CLAIM), patience);
}

/**
 * Waits for RabbitMQ. Where the databases know their shop, the virtual host has to be its own, and is from then on; on
 * which of them which service works, only a node that hosts it can say. The currency is compared where there is one.
 * @throws {TwoShopsError} {@link OtherShopsVhostError} {@link OtherCurrencyError} {@link UnreachableError}
 */
export async function refuseOtherShops(
	databases: readonly KnownDatabase[],
	currency: Currency,
	amqpUrl: string,
): Promise<void> {
	const known = agreed(databases);
	const ofShop = known === undefined ? [] : [{ name: SHOP_CLAIM, holder: known }];
	await onVhost(amqpUrl, async (on) => {
		await claimAll(on, [...ofShop, claimOf(currency)]).catch((error: unknown) => {
			throw error instanceof ClaimedError ? problemOf(amqpUrl, error, () => "DATABASE_URL") : error;
		});
	});
}

/** What the databases say. @throws {TwoShopsError} */
function agreed(databases: readonly KnownDatabase[]): string | undefined {
	const leads = databases.flatMap(({ variable, ids: { shop } }) => (shop === undefined ? [] : [{ variable, shop }]));
	const [first] = leads;
	const other = leads.find(({ shop }) => shop !== first!.shop);
	if (first && other) throw new TwoShopsError(first, other);
	return first?.shop;
}

/** In the same order on each node: of two shops that start at once, one is faster at the first, and the other stops there. */
function claimsOf(databases: readonly KnownDatabase[]): Claim[] {
	return SERVICE_NAMES.flatMap((service) => {
		const database = databases.find(({ roles }) => (roles as string[]).includes(service));
		return database ? [{ name: databaseClaim(service), holder: database.ids.database }] : [];
	});
}

function variableOf(databases: readonly KnownDatabase[], service: string): string {
	return databases.find(({ roles }) => (roles as string[]).includes(service))?.variable ?? "DATABASE_URL";
}

/** @throws {TwoShopsError} where a node with other variables was faster, meanwhile */
async function keep(databases: readonly KnownDatabase[], id: string, origin: string): Promise<string> {
	for (const { variable, url, ids } of databases) {
		const shop = ids.shop ?? (await keepShopId(url, id));
		if (shop !== id) throw new TwoShopsError({ variable, shop }, { variable: origin, shop: id });
	}
	return id;
}

/** What is refused is no trouble that waiting would heal. */
class Refusal {
	constructor(readonly error: Error) {}
}

/** Waits for RabbitMQ, and asks it, on a connection of its own. */
async function onVhost<Result>(
	url: string,
	work: (on: Channels) => Promise<Result>,
	patience?: Patience,
): Promise<Result> {
	await reachAmqp(url, patience);
	let answer: Result | Refusal | undefined;
	const attempt = async (): Promise<void> => {
		const connection = brokerConnection({ url, name: "which shop", connectAttempts: 1, log: UNHEARD });
		try {
			await connection.open();
			answer = await work(connection);
		} catch (error) {
			answer = refusalOf(error);
		} finally {
			await connection.close();
		}
	};
	await reach("AMQP_URL", url, attempt, patience);
	if (answer instanceof Refusal) throw answer.error;
	return answer as Result;
}

const ACCESS_REFUSED = 403;

/** @throws the error itself when it is of another kind */
function refusalOf(error: unknown): Refusal {
	const isRefusal = [TwoShopsError, OtherShopsVhostError, OtherCurrencyError].some((kind) => error instanceof kind);
	if (isRefusal) return new Refusal(error as Error);
	const { code, message } = error as { code?: number; message: string };
	if (code !== ACCESS_REFUSED) throw error;
	return new Refusal(
		new Error(
			`The user of AMQP_URL may not find out whose virtual host it is: ${/"[A-Z_]+ - (.*)"/s.exec(message)?.[1] ?? message}. ` +
				"Give it the right to configure, write and read everything there (rabbitmqctl set_permissions).",
		),
	);
}
