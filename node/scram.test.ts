import { createHash, createHmac } from "node:crypto";
import { scramVerifier } from "./scram";

/** The conversation that RFC 7677 prints in its section 3, where the password is "pencil". */
const SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
const NONCE = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const CONVERSATION = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${NONCE},s=${SALT},i=4096,c=biws,r=${NONCE}`;
const PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const SERVER_SIGNATURE = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

test("a verifier proves each side of the conversation in the standard to the other", () => {
	const verifier = scramVerifier("pencil", Buffer.from(SALT, "base64"));

	const [, salt, storedKey, serverKey] = /^SCRAM-SHA-256\$4096:(.+)\$(.+):(.+)$/.exec(verifier)!;
	const signedWith = (key: string): Buffer =>
		createHmac("sha256", Buffer.from(key, "base64")).update(CONVERSATION).digest();
	const signature = signedWith(storedKey!);
	const clientKey = Buffer.from(PROOF, "base64").map((byte, index) => byte ^ signature[index]!);
	expect(salt).toBe(SALT);
	expect(createHash("sha256").update(clientKey).digest("base64")).toBe(storedKey);
	expect(signedWith(serverKey!).toString("base64")).toBe(SERVER_SIGNATURE);
});

test("the same password has another verifier each time", () => {
	expect(scramVerifier("pencil")).not.toBe(scramVerifier("pencil"));
});
