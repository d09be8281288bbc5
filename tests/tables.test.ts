import { MIXIN_TABLES, stepsOf } from "../mixins/tables/tables";
import { forgottenSteps, mixinSteps } from "../node/tables";

test("the mixins' own steps are what the migrations do to their tables: npm run tables writes them anew", () => {
	const steps = MIXIN_TABLES.flatMap((tables) =>
		stepsOf(tables).map(({ name, sql }): [string, string] => [
			`mixins/tables/${name}.sql`,
			sql.replaceAll("\r\n", "\n"),
		]),
	);

	expect(new Map(steps)).toEqual(mixinSteps());
	expect(steps.length).toBeGreaterThanOrEqual(MIXIN_TABLES.length);
});

test("no step speaks of the shop", () => {
	const schemas = /\b(users|catalog|cart|orders|payments)\./;

	expect([...mixinSteps()].filter(([, sql]) => schemas.test(sql)).map(([file]) => file)).toEqual([]);
});

test("no migration changes the mixins' tables without being a step of theirs: node/tables.ts lists them", () => {
	expect(forgottenSteps()).toEqual([]);
});
