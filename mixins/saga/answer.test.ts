import { Errors } from "moleculer";
import { answerOf } from "./answer";

const { MoleculerClientError, MoleculerError, MoleculerRetryableError } = Errors;

test.each<[string, unknown, string]>([
	["no such service", new Errors.ServiceNotFoundError({ action: "hotel.book" }), "away"],
	["a service that does not answer now", new Errors.ServiceNotAvailableError({ action: "hotel.book" }), "away"],
	["no answer in time", new Errors.RequestTimeoutError({ action: "hotel.book" }), "away"],
	["a full queue", new Errors.QueueIsFullError({ action: "hotel.book" }), "away"],
	["a node that left before it answered", new Errors.RequestRejectedError({ action: "hotel.book" }), "away"],
	["no connection to the others", new (Errors.BrokerDisconnectedError as unknown as new () => Error)(), "away"],
	["a database that is away", new MoleculerRetryableError("busy", 503, "UNAVAILABLE"), "away"],
	["a clear no", new MoleculerClientError("no room", 409, "FULL"), "refused"],
	["parameters that are not allowed", new Errors.ValidationError("bad", undefined as never, []), "refused"],
	["a 4xx that may pass", new MoleculerRetryableError("wait", 409, "LATER"), "failed"],
	["an answer of the provider's that may pass", new MoleculerRetryableError("try", 502, "PROVIDER"), "failed"],
	["a 503 that does not promise to pass", new MoleculerError("gone", 503, "GONE_FOR_GOOD"), "failed"],
	["the first 4xx", new MoleculerError("bad", 400, "BAD"), "refused"],
	["the last code before", new MoleculerError("odd", 399, "ODD"), "failed"],
	["the first 5xx", new MoleculerError("broken", 500, "BROKEN"), "failed"],
	["a database's code, which is a text", Object.assign(new Error("odd"), { code: "450" }), "failed"],
	["a mistake in the code", new TypeError("x is not a function"), "failed"],
	["something thrown that is no error", "a text", "failed"],
	["nothing at all thrown", undefined, "failed"],
])("%s is read as an answer", (_name, error, kind) => {
	expect(answerOf(error).kind).toBe(kind);
});

test("an error that came from another node, where its class is lost, is read alike", () => {
	const received = Object.assign(new Error("no room"), { type: "FULL", code: 409, retryable: false });

	expect(answerOf(received)).toEqual({ kind: "refused", reason: "FULL", message: "no room" });
});

test("an error without a type has a reason nevertheless", () => {
	const expected = { kind: "failed", reason: "INTERNAL_ERROR", message: "a pipe burst" };

	expect(answerOf(new Error("a pipe burst"))).toEqual(expected);
	expect(answerOf(Object.assign(new Error("a pipe burst"), { type: "" }))).toEqual(expected);
});
