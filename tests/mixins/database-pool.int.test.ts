import { sharePool } from "../../mixins/database/pools";
import { sql } from "../../mixins/database/statement";
import { testDatabase, type TestDatabase } from "../support/servers";

const look = sql("test.look", "SELECT 'seen' AS it");
const SEEN = [{ it: "seen" }];
let database: TestDatabase;

beforeAll(async () => {
	database = await testDatabase();
});

afterAll(() => database[Symbol.asyncDispose]());

describe("the process's pool for a database", () => {
	test("is one for all who share it, and closes with the last of them", async () => {
		const url = database.url;
		const [one, two] = [sharePool({ url }), sharePool({ url })];
		await one.database.query(look);

		await one.release();
		await one.release();
		await two.database.query(look);
		await two.release();

		expect(two.database.sequelize).toBe(one.database.sequelize);
		await expect(two.database.query(look)).rejects.toThrow("closed");
	});

	test("is opened anew after that", async () => {
		const url = database.url;
		const first = sharePool({ url });
		await first.release();

		const second = sharePool({ url });

		expect(second.database.sequelize).not.toBe(first.database.sequelize);
		expect(await second.database.query(look)).toEqual(SEEN);
		await second.release();
	});
});
