import { openAddress } from "./open-address";

test.each([
	["127.0.0.1", 3000, "http://127.0.0.1:3000"],
	["shop.internal", 80, "http://shop.internal"],
	["2001:db8::1", 3000, "http://[2001:db8::1]:3000"],
	["0.0.0.0", 3000, "http://localhost:3000"],
	["::", 3000, "http://localhost:3000"],
	["not a name", 3000, undefined],
])("what listens on %s and port %d is found at %s", (host, port, address) => {
	expect(openAddress(host, port)).toBe(address);
});
