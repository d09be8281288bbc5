import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import jwt from "jsonwebtoken";
import { Errors } from "moleculer";
import type { Caller } from "./access";

/** Seconds that an access token is valid. */
export const ACCESS_TOKEN_TTL_S = 900;

const ALGORITHM = "HS256";
/** The second is a token whose sender has forgotten to say what it is: they think that they are signed in. */
const MEANT_FOR_US = [/^Bearer(?: |$)/i, /^[\w-]+\.[\w-]+\.[\w-]*$/];

const PARTIES = { issuer: "molecart", audience: "molecart" };

/** The token is forged, expired, or none of ours. */
export class InvalidTokenError extends Errors.MoleculerClientError {
	constructor() {
		super("The access token is not valid or has expired", 401, "UNAUTHENTICATED");
	}
}

/** It is whole and was signed with another secret or for another shop: by a forger, or by nodes that were set wrongly. */
export class ForeignTokenError extends InvalidTokenError {}

const keys = new Map<string, KeyObject>();

/** Given the secret as text, jsonwebtoken tries at each request to read a public key in it: 440 µs instead of 9. */
function keyOf(secret: string): KeyObject {
	const key = keys.get(secret) ?? createSecretKey(Buffer.from(secret));
	keys.set(secret, key);
	return key;
}

/** What a token is good for. */
export interface TokenScope {
	/** The session that it belongs to: that one may end before the token does. */
	sessionId?: string | undefined;
	/** The shop that it is for: two that were given one secret would take each other's administrators for their own. */
	shopId?: string | undefined;
}

/** Signs an access token for a caller: a JWT that says who it is, and which role they have. */
export function signAccessToken(caller: Caller, secret: string, { sessionId, shopId }: TokenScope = {}): string {
	const scope = { ...(sessionId !== undefined && { sid: sessionId }), ...(shopId !== undefined && { shop: shopId }) };
	return jwt.sign({ role: caller.role, ...scope }, keyOf(secret), {
		...PARTIES,
		algorithm: ALGORITHM,
		subject: caller.id,
		expiresIn: ACCESS_TOKEN_TTL_S,
	});
}

/** Who is asking, and until when the token says so. */
export interface BearerClaims {
	caller: Caller;
	/** Milliseconds since 1970. */
	expiresAtMs: number;
	/** Missing in tokens that know of none. */
	sessionId?: string;
	/** The same. */
	shopId?: string;
}

/**
 * Reads who is asking from `Bearer <token>`; nobody where there is no text, or where it speaks another scheme: `Basic …`
 * is for a proxy in front, and was answered there.
 * Only the algorithm that we sign with is believed, whatever the token's header says.
 * @param secrets any of them may have signed it
 * @throws {InvalidTokenError} {@link ForeignTokenError}
 */
export function readBearer(authorization: string | undefined, ...secrets: string[]): BearerClaims | undefined {
	if (!authorization || !MEANT_FOR_US.some((form) => form.test(authorization))) return undefined;
	const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
	if (!token) throw new InvalidTokenError();
	for (const secret of secrets) {
		try {
			return claimsIn(token, secret);
		} catch (error) {
			if (!(error instanceof ForeignTokenError)) throw error;
		}
	}
	throw new ForeignTokenError();
}

/** @throws {InvalidTokenError} {@link ForeignTokenError} */
function claimsIn(token: string, secret: string): BearerClaims {
	try {
		const claims = jwt.verify(token, keyOf(secret), { ...PARTIES, algorithms: [ALGORITHM] });
		if (typeof claims === "string") throw new InvalidTokenError();
		const { sub, exp, role, sid, shop } = claims as Record<string, unknown>;
		if (typeof sub !== "string" || typeof exp !== "number" || typeof role !== "string") throw new InvalidTokenError();
		if (sid !== undefined && typeof sid !== "string") throw new InvalidTokenError();
		if (shop !== undefined && typeof shop !== "string") throw new InvalidTokenError();
		return {
			caller: { id: sub, role },
			expiresAtMs: exp * 1_000,
			...(sid !== undefined && { sessionId: sid }),
			...(shop !== undefined && { shopId: shop }),
		};
	} catch (error) {
		if (error instanceof jwt.JsonWebTokenError && error.message === "invalid signature") throw new ForeignTokenError();
		// Claims that are no JSON are a SyntaxError, thrown before the signature is looked at.
		if (error instanceof jwt.JsonWebTokenError || error instanceof SyntaxError) throw new InvalidTokenError();
		throw error;
	}
}

/**
 * Shows who has the same secret that one has it, and tells nobody else anything: neither the secret, nor what would pass
 * for a token, as a token's beginning has no space.
 */
export function proofOf(secret: string, challenge: string): string {
	return createHmac("sha256", secret).update(`proof of the secret ${challenge}`).digest("base64url");
}
