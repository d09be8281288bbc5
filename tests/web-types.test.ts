import fs from "node:fs";
import path from "node:path";
import { FRONT_ENDS, webDocuments } from "../node/web-types";

test.each(FRONT_ENDS)("the documents of %s are what its operations and the schema say: npm run web:types", (folder) => {
	const at = path.join(__dirname, "..", folder);

	expect(fs.readFileSync(path.join(at, "documents.ts"), "utf8")).toBe(webDocuments(at));
});
