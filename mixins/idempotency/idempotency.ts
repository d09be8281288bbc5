import { Errors } from "moleculer";
import type { Transaction } from "../database/database";
import { sql } from "../database/statement";
import { hashOf } from "./request-hash";

/** The key was used for another request: the client's mistake. */
export class IdempotencyKeyReusedError extends Errors.MoleculerClientError {
	constructor(key: string) {
		super(`The idempotency key "${key}" was already used for another request`, 422, "IDEMPOTENCY_KEY_REUSED", { key });
	}
}

/** One request that a client may send again. */
export interface KeyedRequest {
	/** `<kind>/<whose>`: keys of different users or actions never meet, and by its kind a key is forgotten: old-keys.ts. */
	scope: string;
	key: string;
	/** What must be the same when the key is; hashed, never stored. */
	request: unknown;
}

/** Answers of the requests of one schema's service, by their keys. */
export interface IdempotencyKeys {
	/**
	 * Runs `work` once for a key, in `tx`; a repeated request gets the answer of the first. A second one at the same
	 * time waits for the first to commit or roll back.
	 * @param work returns a JSON value
	 * @throws {IdempotencyKeyReusedError}
	 */
	once<Answer>(
		tx: Transaction,
		request: KeyedRequest,
		work: () => Promise<Answer>,
	): Promise<{ answer: Answer; repeated: boolean }>;
	/** The answer that was given, without doing anything. @throws {IdempotencyKeyReusedError} */
	recall<Answer>(tx: Pick<Transaction, "query">, request: KeyedRequest): Promise<Answer | undefined>;
}

interface Row<Answer> {
	request_hash: Buffer;
	answer: Answer;
}

export function idempotencyKeysOf(schema: string): IdempotencyKeys {
	const take = sql(
		`${schema}.idempotency.take`,
		`INSERT INTO ${schema}.idempotency_keys (scope, key, request_hash, answer) VALUES ($1, $2, $3, 'null')
		ON CONFLICT DO NOTHING RETURNING key`,
	);
	const keep = sql(
		`${schema}.idempotency.keep`,
		`UPDATE ${schema}.idempotency_keys SET answer = $3 WHERE scope = $1 AND key = $2`,
	);
	const find = sql(
		`${schema}.idempotency.find`,
		`SELECT request_hash, answer FROM ${schema}.idempotency_keys WHERE scope = $1 AND key = $2`,
	);

	const recall: IdempotencyKeys["recall"] = async <Answer>(tx: Pick<Transaction, "query">, request: KeyedRequest) => {
		const [row] = await tx.query<Row<Answer>>(find, [request.scope, request.key]);
		if (!row) return undefined;
		if (!row.request_hash.equals(hashOf(request.request))) throw new IdempotencyKeyReusedError(request.key);
		return row.answer;
	};

	const once: IdempotencyKeys["once"] = async <Answer>(
		tx: Transaction,
		request: KeyedRequest,
		work: () => Promise<Answer>,
	) => {
		const taken = await tx.query(take, [request.scope, request.key, hashOf(request.request)]);
		if (taken.length === 0) {
			const answer = await recall<Answer>(tx, request);
			// Forgotten for its age since the line before: the key is free, and what is taken now is too young to go again.
			return answer === undefined ? once(tx, request, work) : { answer, repeated: true };
		}
		const answer = await work();
		await tx.query(keep, [request.scope, request.key, JSON.stringify(answer ?? null)]);
		return { answer, repeated: false };
	};

	return { recall, once };
}
