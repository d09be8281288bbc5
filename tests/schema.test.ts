import fs from "node:fs";
import path from "node:path";
import { parse, print } from "graphql";
import { currentSchema } from "../node/schema";

test("the checked-in schema is what the services declare: npm run schema writes it anew", () => {
	const file = path.join(__dirname, "../services/gateway/schema.graphql");

	// Printed alike, since the formatter has its own idea of spaces.
	const checkedIn = print(parse(fs.readFileSync(file, "utf8")));

	expect(checkedIn).toBe(print(parse(currentSchema())));
});
