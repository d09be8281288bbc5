import {
	isConnectionLost,
	isPassing,
	isSerializationConflict,
	isServersOwn,
	isServerUnable,
	violatedConstraint,
} from "./faults";

const pgError = (code: string, more: object = {}) => Object.assign(new Error("from pg"), { code, ...more });
const sequelizeError = (name: string, original?: object) =>
	Object.assign(new Error("from Sequelize"), { name, original });

test.each<[string, unknown, { conflict?: boolean; lost?: boolean; passing?: boolean; unable?: boolean }]>([
	["a serialisation failure", pgError("40001"), { conflict: true, passing: true }],
	["a deadlock", pgError("40P01"), { conflict: true, passing: true }],
	[
		"a deadlock that a model met",
		sequelizeError("SequelizeDatabaseError", pgError("40P01")),
		{ conflict: true, passing: true },
	],
	["a session that an administrator ended", pgError("57P01"), { lost: true, passing: true }],
	["a server that is starting", pgError("57P03"), { lost: true, passing: true }],
	["a connection failure", pgError("08006"), { lost: true, passing: true }],
	["a transaction that was idle for too long", pgError("25P03"), { lost: true, passing: true }],
	["a transaction that took too long", pgError("25P04"), { lost: true, passing: true }],
	["a server that can only be read", pgError("25006"), { lost: true, passing: true, unable: true }],
	["a name that can't be looked up for now", pgError("EAI_AGAIN"), { lost: true, passing: true }],
	["a network that is away", pgError("ENETUNREACH"), { lost: true, passing: true }],
	["a socket that was reset", pgError("ECONNRESET"), { lost: true, passing: true }],
	["a server that is not there", pgError("ECONNREFUSED"), { lost: true, passing: true }],
	[
		"a connection that ended without a word",
		new Error("Connection terminated unexpectedly"),
		{ lost: true, passing: true },
	],
	[
		"a client that can't be used any more",
		new Error("Client has encountered a connection error and is not queryable"),
		{ lost: true, passing: true },
	],
	[
		"a pool that can't connect",
		sequelizeError("SequelizeConnectionRefusedError", pgError("ECONNREFUSED")),
		{ lost: true, passing: true },
	],
	["a pool that has no connection free", sequelizeError("SequelizeConnectionAcquireTimeoutError"), { passing: true }],
	["too many connections", pgError("53300"), { passing: true, unable: true }],
	["no memory left", pgError("53200"), { passing: true, unable: true }],
	["a disk that can't be read", pgError("58030"), { passing: true, unable: true }],
	["a limit of the statement's own", pgError("53400"), { passing: true }],
	["a full disk", pgError("53100"), { passing: true, unable: true }],
	["a lock that was not free in time", pgError("55P03"), { passing: true }],
	["a statement that took too long", pgError("57014"), { passing: true }],
	["a unique constraint", pgError("23505", { constraint: "books_title" }), {}],
	["a mistake in the SQL", pgError("42601"), {}],
	["a value that is no UUID", pgError("22P02"), {}],
	["a mistake in the code", new TypeError("x is not a function"), {}],
	["something thrown that is no error", "a text", {}],
	["nothing at all thrown", undefined, {}],
])("%s", (_name, error, { conflict = false, lost = false, passing = false, unable = false }) => {
	expect({
		conflict: isSerializationConflict(error),
		lost: isConnectionLost(error),
		passing: isPassing(error),
		unable: isServerUnable(error),
	}).toEqual({ conflict, lost, passing, unable });
});

test.each(["57P01", "57P02", "57P03", "57P04", "57P05", "25006", "53100", "58P01"])(
	"%s is the server's own, whatever it was asked for",
	(code) => {
		expect(isServersOwn(pgError(code))).toBe(true);
	},
);

test("a lock that was not free is not", () => {
	expect(isServersOwn(pgError("55P03"))).toBe(false);
});

test("the constraint that refused a row has a name, from a statement and from a model alike", () => {
	const error = pgError("23505", { constraint: "books_title" });

	expect(violatedConstraint(error)).toBe("books_title");
	expect(violatedConstraint(sequelizeError("SequelizeUniqueConstraintError", error))).toBe("books_title");
	expect(violatedConstraint(new Error("another"))).toBeUndefined();
});
