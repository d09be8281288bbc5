import fs from "node:fs";
import path from "node:path";
import { sagasPage } from "../node/sagas";

test("the page about sagas is what their definitions say: npm run sagas writes it anew", () => {
	const checkedIn = fs.readFileSync(path.join(__dirname, "../docs/sagas.md"), "utf8");

	expect(checkedIn).toBe(sagasPage());
});
