import { once } from "node:events";
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { believing } from "./proxies";

const PROXY = "10.0.0.1";
const proxies = believing(["10.0.0.0/8", "2001:db8:a::/48"]);
const from = (remoteAddress: string | undefined, headers: IncomingHttpHeaders = {}) => ({
	headers,
	socket: { remoteAddress },
});
const listed = (list: string) => proxies.addressOf(from(PROXY, { "x-forwarded-for": list }));
const forwarded = (list: string) => proxies.addressOf(from(PROXY, { forwarded: list }));

describe("the address", () => {
	test.each([
		["203.0.113.7", "203.0.113.7"],
		["203.0.113.7:40001", "203.0.113.7"],
		["[2001:db8::1]:40001", "2001:db8::1"],
		["2001:DB8::1", "2001:db8::1"],
		["::ffff:203.0.113.7", "203.0.113.7"],
		['"[2001:db8::1]:40001"', "2001:db8::1"],
		["203.0.113.7, 10.0.0.3", "203.0.113.7"],
		["203.0.113.7,10.0.0.3:8080 , [2001:db8:a::1]:443", "203.0.113.7"],
		["1.1.1.1, 203.0.113.7", "203.0.113.7"],
		["nonsense, 203.0.113.7:40001", "203.0.113.7"],
		["203.0.113.7, , ", "203.0.113.7"],
		["10.0.0.4, 10.0.0.3", "10.0.0.4"],
	])("that a trusted proxy lists as %s is %s", (list, address) => {
		expect(listed(list)).toBe(address);
	});

	test.each(["unknown", "_hidden", "shop.example", "", " , ", "203.0.113.7, unknown", "203.0.113.7 198.51.100.9"])(
		"%j tells none, and the client counts as its proxy",
		(list) => {
			expect(listed(list)).toBe(PROXY);
		},
	);

	test.each([
		["for=203.0.113.7", "203.0.113.7"],
		['For="203.0.113.7:40001";proto=https;by=10.0.0.1', "203.0.113.7"],
		['for="[2001:db8::1]:_gateway"', "2001:db8::1"],
		['for=1.1.1.1, for=203.0.113.7, for="10.0.0.3:80"', "203.0.113.7"],
		["for=203.0.113.7:40001", "203.0.113.7"],
		["for=[2001:db8::1]", "2001:db8::1"],
		["for=[2001:db8::1]:40001;proto=https", "2001:db8::1"],
		["for=203.0.113.7;host=shop.example:443;proto=https", "203.0.113.7"],
		["For = 203.0.113.7; proto=https;", "203.0.113.7"],
		["for=203.0.113.7, ", "203.0.113.7"],
		["for=1.1.1.1, for=203.0.113.7:40001, for=10.0.0.3:80", "203.0.113.7"],
		["for=203.0.113.7, for=unknown", PROXY],
		["for=203.0.113.7, for=_hidden", PROXY],
		["for=203.0.113.7, proto=https", PROXY],
		['for="1.1.1.1, for=203.0.113.7', PROXY],
		["203.0.113.7", PROXY],
	])("that a trusted proxy forwards as %s is %s", (list, address) => {
		expect(forwarded(list)).toBe(address);
	});

	test("that a client forwards through a proxy with a list of its own counts for nothing", () => {
		const headers = { "x-forwarded-for": "203.0.113.7", forwarded: "for=1.1.1.1;proto=https" };

		expect(proxies.addressOf(from(PROXY, headers))).toBe("203.0.113.7");
	});

	test("of somebody who is no trusted proxy is their own, whatever they say", () => {
		const headers = { "x-forwarded-for": "203.0.113.7", forwarded: "for=203.0.113.7" };

		expect(proxies.addressOf(from("198.51.100.9", headers))).toBe("198.51.100.9");
		expect(proxies.addressOf(from("::ffff:198.51.100.9", headers))).toBe("198.51.100.9");
	});

	test("of a proxy is known as the system writes it", () => {
		expect(proxies.addressOf(from("::ffff:10.0.0.1", { "x-forwarded-for": "203.0.113.7" }))).toBe("203.0.113.7");
		expect(believing(["fe80::/10"]).addressOf(from("fe80::1%eth0", { "x-forwarded-for": "203.0.113.7" }))).toBe(
			"203.0.113.7",
		);
	});

	test("of those who have gone already is one and the same, so that they are counted", () => {
		expect(proxies.addressOf(from(undefined, { "x-forwarded-for": "203.0.113.7" }))).toBe("unknown");
	});

	test("is found in several headers as in one", async () => {
		const server = createServer().listen(0, "127.0.0.1");
		await once(server, "listening");
		const { port } = server.address() as AddressInfo;

		request({ port, host: "127.0.0.1", headers: { "x-forwarded-for": ["203.0.113.7:1", "10.0.0.3"] } }).end();
		const [asked, response] = (await once(server, "request")) as [IncomingMessage, { end(): void }];
		const address = believing(["loopback", "10.0.0.0/8"]).addressOf(asked);
		response.end();
		server.close();

		expect(address).toBe("203.0.113.7");
	});
});

describe("the scheme", () => {
	test.each<[IncomingHttpHeaders, string | undefined]>([
		[{ "x-forwarded-proto": "https" }, "https"],
		[{ "x-forwarded-proto": "HTTP" }, "http"],
		[{ "x-forwarded-proto": "https, http" }, "https"],
		[{ "x-forwarded-proto": "wss" }, "https"],
		[{ forwarded: "for=203.0.113.7;proto=https, for=10.0.0.3;proto=http" }, "https"],
		[{ "x-forwarded-proto": "http", forwarded: "proto=https" }, "http"],
		[{ "x-forwarded-proto": "ftp" }, undefined],
		[{}, undefined],
	])("of %j is %s", (headers, scheme) => {
		expect(proxies.schemeOf(from(PROXY, headers))).toBe(scheme);
		expect(proxies.schemeOf(from("198.51.100.9", headers))).toBeUndefined();
	});
});

describe("the hosts", () => {
	const host = "10.0.0.2:3000";

	test.each<[IncomingHttpHeaders, string[]]>([
		[{ "x-forwarded-host": "shop.example" }, [host, "shop.example"]],
		[{ "x-forwarded-host": "shop.example, inner.example" }, [host, "shop.example"]],
		[{ "x-forwarded-host": "shop.example", "x-forwarded-port": "8443" }, [host, "shop.example", "shop.example:8443"]],
		[{ forwarded: 'for=203.0.113.7;host="shop.example:8443"' }, [host, "shop.example:8443"]],
		[{ forwarded: "for=203.0.113.7;host=shop.example:8443;" }, [host, "shop.example:8443"]],
		[{}, [host]],
	])("of %j are %j", (headers, hosts) => {
		expect(proxies.hostsOf(from(PROXY, { host, ...headers }))).toEqual(hosts);
		expect(proxies.hostsOf(from("198.51.100.9", { host, ...headers }))).toEqual([host]);
	});
});
