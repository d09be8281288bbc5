import { mayChange } from "../../simulator/world/postgres/statement";

test.each([
	["INSERT INTO orders.orders VALUES ($1)", true],
	["WITH gone AS (DELETE FROM cart.items RETURNING *) SELECT FROM gone", true],
	["WITH locked AS (SELECT FROM a FOR UPDATE) UPDATE a SET b = 1", true],
	["INSERT INTO a VALUES ($1) ON CONFLICT DO UPDATE SET b = 1", true],
	["SELECT status FROM orders.orders WHERE id = $1 FOR UPDATE", false],
	["SELECT FROM a FOR NO KEY UPDATE SKIP LOCKED", false],
	["SELECT updated_at FROM cart.carts", false],
	["COMMIT", false],
])("%s may leave something changed behind: %s", (text, isSo) => {
	expect(mayChange(text)).toBe(isSo);
});
