import { cookieScheme } from "./cookie-scheme";
import { origins } from "./origins";
import { believing } from "./proxies";

interface Asked {
	page?: string;
	proto?: string;
	host?: string;
}

interface Case extends Asked {
	publicUrl?: string;
}

const warnings: string[] = [];
afterEach(() => warnings.splice(0));

/** A gateway behind a proxy, at 10.0.0.1. */
function gatewayAt(publicUrl: string | undefined, nowMs?: () => number) {
	const proxies = believing(["10.0.0.1"]);
	const pages = origins({ proxies, publicUrl, others: ["http://front.example"] });
	const isForHttpsAlone = cookieScheme({
		proxies,
		origins: pages,
		publicUrl: () => publicUrl,
		warn: (text) => warnings.push(text),
		...(nowMs && { nowMs }),
	});
	return ({ page, proto, host = "shop.lan:3000" }: Asked) => {
		const headers = { host, ...(page && { origin: page }), ...(proto && { "x-forwarded-proto": proto }) };
		return isForHttpsAlone({ headers, socket: { remoteAddress: "10.0.0.1" } });
	};
}

test.each<[string, Case, boolean]>([
	["nobody knows anything", {}, true],
	["the shop is at https", { publicUrl: "https://shop.lan" }, true],
	["the shop is at http", { publicUrl: "http://shop.lan:3000", page: "http://shop.lan:3000" }, false],
	["the proxy has HTTPS", { proto: "https", page: "https://shop.lan:3000" }, true],
	["the proxy has HTTPS, whatever the shop is said to be at", { publicUrl: "http://shop.lan", proto: "https" }, true],
	["the proxy has none", { proto: "http", page: "http://shop.lan:3000" }, false],
	[
		"the page has HTTPS, whatever the shop is said to be at",
		{ publicUrl: "http://localhost:3000", page: "https://shop.lan", host: "shop.lan" },
		true,
	],
	[
		"the page has HTTPS that ends before the proxy",
		{ proto: "http", page: "https://shop.lan", host: "shop.lan" },
		true,
	],
	["the page is this machine's own", { host: "localhost:3000", page: "http://localhost:3000" }, true],
	["the page is this machine's own in IPv6", { host: "[::1]:3000", page: "http://[::1]:3000" }, true],
	["the page is another origin's, which says nothing of ours", { page: "http://front.example" }, true],
])("where %s, the cookie is for HTTPS alone: %j %s", (_what, situation, httpsAlone) => {
	expect(gatewayAt(situation.publicUrl)(situation)).toBe(httpsAlone);
	expect(warnings).toEqual([]);
});

test.each<[string, Case, RegExp]>([
	[
		"nobody knows of HTTPS",
		{ page: "http://shop.lan:3000" },
		/HTTPS in front of it, or a PUBLIC_URL with http:\/\/ if it is to have none$/,
	],
	[
		"the shop is at https",
		{ publicUrl: "https://shop.lan", page: "http://shop.lan:3000" },
		/open https:\/\/shop\.lan$/,
	],
	[
		"the proxy says so",
		{ publicUrl: "https://shop.lan", page: "http://shop.lan:3000", proto: "http" },
		/open https:\/\/shop\.lan$/,
	],
	[
		"its proxy says https whatever it has",
		{ page: "http://shop.lan:3000", proto: "https" },
		/X-Forwarded-Proto has to be true$/,
	],
	[
		"its proxy says https, and the shop is at http",
		{ publicUrl: "http://shop.lan:3000", page: "http://shop.lan:3000", proto: "https" },
		/X-Forwarded-Proto has to be true$/,
	],
])("a page at plain http is told why it gets none where %s, and the log once", (_what, situation, reason) => {
	const gateway = gatewayAt(situation.publicUrl);
	const ask = () => gateway(situation);

	expect(ask).toThrow(reason);
	expect(ask).toThrow(expect.objectContaining({ code: 403, type: "FORBIDDEN" }));
	expect(warnings).toEqual([expect.stringMatching(reason)]);
});

test("the log has an end within an hour, however many names strangers think of, and advises none of them", () => {
	let nowMs = 0;
	const gateway = gatewayAt(undefined, () => nowMs);

	for (let index = 0; index < 50; index++) {
		expect(() => gateway({ host: `${index}.example`, page: `http://${index}.example` })).toThrow("HTTPS");
	}

	expect(warnings).toHaveLength(20);
	expect(warnings.join()).not.toContain("PUBLIC_URL=");

	nowMs += 3_600_000;
	expect(() => gateway({ page: "http://shop.lan:3000" })).toThrow("HTTPS");

	expect(warnings).toHaveLength(21);
});
