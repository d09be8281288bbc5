import { addCounts, coverageTable, neverReached, type Counts } from "../../simulator/world/coverage";
import { countLines } from "../../simulator/shop/coverage";

test("what two simulations have reached adds up", () => {
	const sum: Counts = { order: { CONFIRMED: 2 } };

	addCounts(sum, { order: { CONFIRMED: 1, FAILED: 1 }, fault: { kill: 1 } });

	expect(sum).toEqual({ order: { CONFIRMED: 3, FAILED: 1 }, fault: { kill: 1 } });
});

test("what is known and was not reached is told, with the reason where there is one", () => {
	const counts: Counts = { statement: { "orders.outbox.read": 4 }, order: { CONFIRMED: 1 } };
	const known = [
		{ heading: "statement", what: ["*.outbox.read", "*.outbox.retry", "cart.merge"] },
		{ heading: "order", what: ["CONFIRMED"] },
	];

	const never = neverReached(counts, known, [{ heading: "statement", what: "*.retry", why: "an operator's" }]);

	expect(never).toEqual([
		{ heading: "statement", what: "*.outbox.retry", why: "an operator's" },
		{ heading: "statement", what: "cart.merge", why: undefined },
	]);
});

test("the table says how much of what is known was reached, most often first", () => {
	const counts: Counts = { order: { FAILED: 1, CONFIRMED: 12 }, luck: { good: 1 } };

	const table = coverageTable(counts, [{ heading: "order", what: ["CONFIRMED", "FAILED", "SHIPPED"] }], []);

	expect(table.split("\n")).toEqual([
		"order: 2 of 3 reached",
		"        12  CONFIRMED",
		"         1  FAILED",
		"luck: 1 reached",
		"         1  good",
		"never reached: 1",
		"           order: SHIPPED",
		"never reached, for a reason: 0",
	]);
});

test("statements, lost connections, faults and faults at once are read from the schedule", () => {
	const counts: Counts = {};

	countLines(counts, [
		"0 n1 #3 orders.saga.move [5756 2c29]",
		"0 n1 #3 COMMIT",
		"5 n2 #4 cart.lock [2fc0]",
		"5     #4 loses its connection after cart.lock [2fc0]",
		"7 FAULT rabbitmq closes a channel (cart.stock), for 300 ms",
		"9 FAULT kill of n1, for 2000 ms",
		"307 FAULT OVER: rabbitmq closes a channel",
		"400 FAULT freeze of n2, for 300 ms",
		"500 n2>rabbitmq.sim #14",
	]);

	expect(counts).toEqual({
		statement: { "orders.saga.move": 1, COMMIT: 1, "cart.lock": 1 },
		"connection lost after": { "cart.lock": 1 },
		fault: { "rabbitmq closes a channel": 1, kill: 1, freeze: 1 },
		"faults at once": { "kill + rabbitmq closes a channel": 1, "freeze + kill": 1 },
		"kill after": { COMMIT: 1 },
		"freeze after": { "cart.lock": 1 },
	});
});
