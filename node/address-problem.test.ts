import { addressProblem } from "./address-problem";

test.each([
	[
		{ code: "EADDRINUSE", address: "127.0.0.1", port: 3000 },
		"PORT can't be used: another program listens on 127.0.0.1:3000.",
	],
	[{ code: "EADDRINUSE", address: "::", port: 3000 }, "PORT can't be used: another program listens on [::]:3000."],
	[{ code: "EACCES", address: "127.0.0.1", port: 80 }, "PORT can't be used: this user may not listen on 127.0.0.1:80."],
	[
		{ code: "ENOTFOUND", hostname: "nosuch.invalid" },
		'HOST is "nosuch.invalid", which is no name that this machine knows.',
	],
])("%j is said in one sentence that names its variable", (error, sentence) => {
	expect(addressProblem("PORT", Object.assign(new Error("listen"), error)).message).toBe(sentence);
});
