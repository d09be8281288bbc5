import { deviceName } from "../../public/src/account/device";

const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
	[`${MAC} Chrome/131.0.0.0 Safari/537.36`, "Chrome on a Mac"],
	[`${MAC} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`, "Edge on a Mac"],
	["Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"],
	[
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
		"Safari on an iPhone",
	],
	[
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
		"Chrome on Android",
	],
	["curl/7.88.1", "curl"],
	["MolecartApp/2.1 (build 7)", "MolecartApp"],
	["", "A browser or app that gave no name"],
	[null, "A browser or app that gave no name"],
])("the session of %j is called %j", (userAgent, name) => {
	expect(deviceName(userAgent)).toBe(name);
});
