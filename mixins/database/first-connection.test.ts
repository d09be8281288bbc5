import { ConnectionError } from "sequelize";
import { firstConnection } from "./first-connection";

/** A server that refuses some times with that code, and then lets in. */
function serverThat(code: string, refusals: number) {
	let asked = 0;
	return {
		asked: () => asked,
		authenticate: async () => {
			if (++asked <= refusals) throw new ConnectionError(Object.assign(new Error("refused"), { code }));
		},
	};
}

test.each([
	["has no room for one more", "53300"],
	["has only just been started", "57P03"],
])("a server that %s is waited for", async (_what, code) => {
	const server = serverThat(code, 3);

	await firstConnection(server, 0);

	expect(server.asked()).toBe(4);
});

test("a server that stays full is not waited for endlessly", async () => {
	const server = serverThat("53300", Infinity);

	await expect(firstConnection(server, 0)).rejects.toThrow("refused");

	expect(server.asked()).toBe(20);
});

test.each([
	["a wrong password", "28P01"],
	["a server that is not there", "ECONNREFUSED"],
])("%s is said at once", async (_what, code) => {
	const server = serverThat(code, Infinity);

	await expect(firstConnection(server, 0)).rejects.toThrow("refused");

	expect(server.asked()).toBe(1);
});
