import { inOrder } from "../../simulator/world/postgres/order";

const rows = (): object[] => [{ id: "b" }, { id: "a" }, { id: "c" }];
const idsBy = (text: string): string => {
	const found = rows();
	inOrder(found, text);
	return found.map((row) => (row as { id: string }).id).join("");
};

test.each([
	"UPDATE t SET x = 1 RETURNING id",
	"INSERT INTO t (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET x = lower(t.x) RETURNING id, lower(x)",
	"UPDATE t SET x = 1 WHERE id IN (SELECT id FROM t ORDER BY x LIMIT 3 FOR UPDATE SKIP LOCKED) RETURNING id",
])("what is changed comes back in the order of its text: %s", (text) => {
	expect(idsBy(text)).toBe("abc");
});

test.each([
	"SELECT id FROM t ORDER BY x",
	"WITH gone AS (DELETE FROM t RETURNING id) SELECT id FROM gone JOIN u USING (id) ORDER BY u.x",
	"WITH gone AS (DELETE FROM t RETURNING id) TABLE gone",
])("what may have an order keeps it: %s", (text) => {
	expect(idsBy(text)).toBe("bac");
});
