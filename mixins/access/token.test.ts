import { createHmac, generateKeyPairSync } from "node:crypto";
import jwt from "jsonwebtoken";
import {
	ACCESS_TOKEN_TTL_S,
	ForeignTokenError,
	InvalidTokenError,
	proofOf,
	readBearer,
	signAccessToken,
} from "./token";

const SECRET = "Zm9ydHktdHdvIGlzIHRoZSBhbnN3ZXIgdG8gaXQgYWxs";
const ada = { id: "0198a8f0-3c3e-7a4b-9c1d-0123456789ab", role: "ADMIN" };

const read = (token: string) => readBearer(`Bearer ${token}`, SECRET);
const base64 = (value: unknown): string =>
	Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

const now = (): number => Math.floor(Date.now() / 1_000);
const claims = () => ({ sub: ada.id, role: "ADMIN", iss: "molecart", aud: "molecart", iat: now(), exp: now() + 900 });

/** Signed by hand, so that header and claims can be whatever an attacker likes. */
function forged(header: object, payload: unknown, key: string | Buffer = SECRET): string {
	const signed = `${base64(header)}.${base64(payload)}`;
	return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

test("a token that we signed says who is asking, and until when", () => {
	const read = readBearer(`Bearer ${signAccessToken(ada, SECRET)}`, SECRET);

	expect(read?.caller).toEqual(ada);
	expect(read!.expiresAtMs / 1_000 - now()).toBeGreaterThan(ACCESS_TOKEN_TTL_S - 5);
	expect(read!.expiresAtMs / 1_000 - now()).toBeLessThanOrEqual(ACCESS_TOKEN_TTL_S);
});

test("one made by hand like ours is ours: so the forgeries below fail for what is wrong with them", () => {
	expect(read(forged({ alg: "HS256", typ: "JWT" }, claims()))?.caller).toEqual(ada);
});

test("the scheme's name is written in any case, as HTTP says", () => {
	expect(readBearer(`bearer ${signAccessToken(ada, SECRET)}`, SECRET)?.caller).toEqual(ada);
});

test.each([undefined, ""])("without any text nobody is asking", (text) => {
	expect(readBearer(text, SECRET)).toBeUndefined();
});

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicPem = rsa.publicKey.export({ type: "spki", format: "pem" });
const jwk = rsa.publicKey.export({ format: "jwk" });

test.each<[string, () => string]>([
	["no signature at all", () => `${base64({ alg: "none", typ: "JWT" })}.${base64(claims())}.`],
	["no signature, in capitals", () => `${base64({ alg: "NONE", typ: "JWT" })}.${base64(claims())}.`],
	["the algorithm none with a signature", () => forged({ alg: "none", typ: "JWT" }, claims())],
	["another HMAC", () => jwt.sign(claims(), SECRET, { algorithm: "HS512" })],
	["an RSA signature", () => jwt.sign(claims(), rsa.privateKey, { algorithm: "RS256" })],
	["an RSA header over an HMAC", () => forged({ alg: "RS256", typ: "JWT" }, claims())],
	["an HMAC with a public key as its secret", () => forged({ alg: "HS256", typ: "JWT" }, claims(), publicPem)],
	[
		"a key of the sender's own in the header",
		() => jwt.sign(claims(), rsa.privateKey, { algorithm: "RS256", header: { alg: "RS256", jwk } as never }),
	],
	[
		"a key's address in the header",
		() => forged({ alg: "HS256", typ: "JWT", jku: "https://evil.example/jwks" }, claims(), "x"),
	],
	["a key's name that is a path", () => forged({ alg: "HS256", typ: "JWT", kid: "../../dev/null" }, claims(), "")],
	["another secret", () => signAccessToken(ada, `${SECRET}!`)],
	["an empty secret", () => forged({ alg: "HS256", typ: "JWT" }, claims(), "")],
	["another issuer", () => forged({ alg: "HS256" }, { ...claims(), iss: "somebody" })],
	["no issuer", () => forged({ alg: "HS256" }, { ...claims(), iss: undefined })],
	["another audience", () => forged({ alg: "HS256" }, { ...claims(), aud: "somebody" })],
	["no audience", () => forged({ alg: "HS256" }, { ...claims(), aud: undefined })],
	["an expiry that is over", () => forged({ alg: "HS256" }, { ...claims(), exp: now() - 1 })],
	["no expiry", () => forged({ alg: "HS256" }, { ...claims(), exp: undefined })],
	["an expiry that is text", () => forged({ alg: "HS256" }, { ...claims(), exp: "tomorrow" })],
	["a beginning that is yet to come", () => forged({ alg: "HS256" }, { ...claims(), nbf: now() + 60 })],
	["no subject", () => forged({ alg: "HS256" }, { ...claims(), sub: undefined })],
	["a subject that is no text", () => forged({ alg: "HS256" }, { ...claims(), sub: { id: 1 } })],
	["no role", () => forged({ alg: "HS256" }, { ...claims(), role: undefined })],
	["a role that is no text", () => forged({ alg: "HS256" }, { ...claims(), role: ["ADMIN"] })],
	["claims that are no object", () => forged({ alg: "HS256" }, "ADMIN")],
	["claims that are no JSON", () => forged({ alg: "HS256", typ: "JWT" }, "{not json")],
	["a header that is no JSON", () => `${base64("{not json")}.${base64(claims())}.x`],
	["changed claims", () => withClaims(signAccessToken({ ...ada, role: "CUSTOMER" }, SECRET), claims())],
	["a part missing", () => signAccessToken(ada, SECRET).split(".").slice(0, 2).join(".")],
	["a part too many", () => `${signAccessToken(ada, SECRET)}.x`],
	["a random text, as refresh tokens are", () => "s9dYt0kGm3vQw7xN2bL5hJ8fR1cP6aZ4"],
	["a megabyte of text", () => "x".repeat(1_000_000)],
])("a token with %s is refused", (_name, make) => {
	const token = make();

	expect(() => read(token)).toThrow(InvalidTokenError);
});

test.each(["Bearer", "Bearer ", "bearer x", "BEARER a b", "Bearer x, Basic YWRhOnB3", `${base64({})}.${base64({})}.x`])(
	"%p is refused",
	(authorization) => {
		expect(() => readBearer(authorization, SECRET)).toThrow(InvalidTokenError);
	},
);

test.each([
	"Basic YWRhOnB3",
	"basic YWRhOnB3",
	"Basic",
	'Digest username="ada", uri="/", response="Bearer x"',
	"Negotiate YII=",
	"AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c",
	"Token x",
	"Bearertoken x",
	"Basic a.b.c",
])("%p is for somebody else, and to us nobody is asking", (authorization) => {
	expect(readBearer(authorization, SECRET)).toBeUndefined();
});

test("every refusal is the same: what was wrong is nobody's business", () => {
	expect(() => read("x")).toThrow(
		expect.objectContaining({
			code: 401,
			type: "UNAUTHENTICATED",
			message: "The access token is not valid or has expired",
		}),
	);
});

function withClaims(token: string, other: object): string {
	const [header, , signature] = token.split(".");
	return `${header}.${base64(other)}.${signature}`;
}

test("one that another secret has signed is told apart from nonsense, by whoever counts them", () => {
	const token = signAccessToken(ada, "another secret that has more than 32 bytes");

	expect(() => read(token)).toThrow(ForeignTokenError);
	expect(() => read("x.y.z")).toThrow(expect.not.objectContaining({ constructor: ForeignTokenError }));
});

test("of several secrets any may have signed it, so that one can be changed while sessions go on", () => {
	const [before, after] = ["a secret of before, of 32 bytes and more", "the next secret, of 32 bytes and more"];

	const readers = [before, after].map((secret) => readBearer(`Bearer ${signAccessToken(ada, secret)}`, after, before));

	expect(readers.map((claims) => claims?.caller)).toEqual([ada, ada]);
});

test("a proof is good for one secret and one challenge, and for no token", () => {
	const proofs = [proofOf(SECRET, "1"), proofOf(SECRET, "2"), proofOf(`${SECRET}x`, "1")];

	expect(new Set(proofs).size).toBe(3);
	const signed = `${base64({ alg: "HS256", typ: "JWT" })}.${base64(claims())}`;
	expect(() => read(`${signed}.${proofOf(SECRET, signed)}`)).toThrow(InvalidTokenError);
});
