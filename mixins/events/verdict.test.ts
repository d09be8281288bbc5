import { Errors } from "moleculer";
import { z } from "zod";
import { event } from "./contract";
import { UnreadableEventError } from "./envelope";
import { KilledItsConsumerError } from "./suspects";
import { verdictOn } from "./verdict";

const LetterWritten = event({
	type: "LetterWritten",
	exchange: "letters.events",
	routingKey: "letter.written",
	version: 1,
	aggregate: "letterId",
	data: z.object({ letterId: z.uuid() }),
});

/** As `pg` throws it. */
const sqlError = (code: string) => Object.assign(new Error(`SQL error ${code}`), { code });
const coded = (code: unknown) => Object.assign(new Error("refused"), { code });
/** As Sequelize wraps it. */
const wrapped = (code: string) => Object.assign(new Error("wrapped"), { original: sqlError(code) });

test.each<[string, unknown, "retry" | "dead"]>([
	["a message that can't be read", new UnreadableEventError("not JSON"), "dead"],
	["an event of ours that breaks its own contract", thrownBy(() => LetterWritten({ letterId: "7" })), "dead"],
	["a clear no of another service", new Errors.MoleculerClientError("no", 409, "NO"), "dead"],
	["parameters that another service refuses", new Errors.ValidationError("bad", undefined as never, []), "dead"],
	["a no that may pass", new Errors.MoleculerRetryableError("wait", 409, "LATER"), "retry"],
	["a service that is away", new Errors.ServiceNotFoundError({ action: "a.b" }), "retry"],
	["no answer in time", new Errors.RequestTimeoutError({ action: "a.b" }), "retry"],
	["a failure of another service", new Errors.MoleculerServerError("broken", 500, "BROKEN"), "retry"],
	["a deadlock", sqlError("40P01"), "retry"],
	["a serialisation failure, wrapped by Sequelize", wrapped("40001"), "retry"],
	["a session that the server ended", sqlError("57P01"), "retry"],
	["a server that does not listen", sqlError("ECONNREFUSED"), "retry"],
	["a lock that was not free in time", sqlError("55P03"), "retry"],
	["a statement that took too long", sqlError("57014"), "retry"],
	["too many connections", sqlError("53300"), "retry"],
	["a unique constraint, which another message may be about to satisfy", sqlError("23505"), "retry"],
	["a mistake in the code: most that nobody foresaw pass, and the attempts are limited", new TypeError("x"), "retry"],
	["a message that has killed its consumers", new KilledItsConsumerError(["one", "other"]), "dead"],
	["the first code of a client's fault", coded(400), "dead"],
	["the last one", coded(499), "dead"],
	["a code below them", coded(399), "retry"],
	["a code above them", coded(500), "retry"],
	["a text that reads like one", coded("404"), "retry"],
	["something thrown that is no error", "a text", "retry"],
	["nothing at all thrown", undefined, "retry"],
])("%s", (_name, error, kind) => {
	expect(verdictOn(error).kind).toBe(kind);
});

test.each<[string, unknown, string]>([
	["Moleculer's type", new Errors.MoleculerClientError("no", 409, "OUT_OF_INK"), "OUT_OF_INK"],
	["PostgreSQL's code", sqlError("40P01"), "40P01"],
	["the error's own code", new UnreadableEventError("not JSON"), "UNREADABLE_EVENT"],
	["its code, where its type is empty", Object.assign(coded("OUT_OF_INK"), { type: "" }), "OUT_OF_INK"],
	["its class, where it has no other name", new TypeError("x"), "TypeError"],
	["UNKNOWN, where it is no error", "a text", "UNKNOWN"],
])("a failure goes by %s", (_name, error, code) => {
	const verdict = verdictOn(error);

	expect(verdict).toMatchObject({ failure: { code } });
});

test("a failure keeps the message and where it happened", () => {
	const error = new Error("out of ink");

	expect(verdictOn(error)).toEqual({
		kind: "retry",
		failure: { code: "Error", message: "out of ink", stack: error.stack },
	});
});

function thrownBy(work: () => unknown): unknown {
	try {
		return work();
	} catch (error) {
		return error;
	}
}
