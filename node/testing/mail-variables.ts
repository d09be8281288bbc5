import type { Variable } from "./variable";

const SERVER = { host: "mail.example", secure: false, auth: undefined, requireTLS: false, rejectUnauthorized: true };

/** What mail goes by: where it goes, whom it is from, and where its links lead. */
export const mailVariables: Variable[] = [
	{
		name: "PUBLIC_URL",
		read: ({ publicUrl }) => publicUrl,
		default: "http://127.0.0.1:3000",
		good: [
			["https://shop.example", "https://shop.example"],
			["https://shop.example/", "https://shop.example"],
			["https://shop.example/de/", "https://shop.example/de"],
			["HTTP://Shop.example:8080//", "http://shop.example:8080"],
			["http://127.0.0.1:3000", "http://127.0.0.1:3000"],
			["https://[2001:db8::1]", "https://[2001:db8::1]"],
			["https://käse.example", "https://xn--kse-qla.example"],
		],
		bad: [
			["shop.example", 'PUBLIC_URL is "shop.example", which is no address such as https://shop.example.'],
			["ftp://shop.example", 'PUBLIC_URL is "ftp://shop.example", which is no address such as https://shop.example.'],
			["javascript:alert(1)", 'PUBLIC_URL is "javascript:alert(1)", which is no address such as https://shop.example.'],
			...["http://*:3000", "https://*.shop.example", "https://${HOST}", "https://shop..example"].map(
				(url): [string, string] => [url, `PUBLIC_URL is "${url}", which is no address such as https://shop.example.`],
			),
			["https://", 'PUBLIC_URL is "https://", which is no address such as https://shop.example.'],
			["https://ada:s3cr3t@shop.example", "PUBLIC_URL holds a user or a password, which links must not."],
			["https://ada:s3cr3t/x@shop example", "PUBLIC_URL holds a user or a password, which links must not."],
			...["https://shop.example?a=b", "https://shop.example/#top", "https://shop.example/?"].map(
				(url): [string, string] => [
					url,
					`PUBLIC_URL is "${url}", but links go on behind it: it must end with its host or a path.`,
				],
			),
			...["http://0.0.0.0:3000", "http://0", "http://[::]:3000", "http://[0:0::0]", "http://[::ffff:0.0.0.0]"].map(
				(url): [string, string] => [
					url,
					`PUBLIC_URL is "${url}", where a server may listen, but which nobody can open.`,
				],
			),
		],
	},
	{
		name: "SMTP_URL",
		read: ({ mail }) => mail?.server,
		default: undefined,
		beside: { MAIL_FROM: "shop@shop.example" },
		good: [
			["smtp://mail.example", { ...SERVER, port: 587 }],
			["smtp://Mail-1.Example", { ...SERVER, host: "Mail-1.Example", port: 587 }],
			["smtps://mail.example/", { ...SERVER, port: 465, secure: true }],
			["smtp://[::1]:2525", { ...SERVER, host: "::1", port: 2525 }],
			[
				"smtp://ada%40shop:s3cr3t%2F%23%25@mail.example:25",
				{ ...SERVER, port: 25, auth: { user: "ada@shop", pass: "s3cr3t/#%" } },
			],
			["smtp://ada:100%@mail.example", { ...SERVER, port: 587, auth: { user: "ada", pass: "100%" } }],
			...["mäil.example", "m%C3%A4il.example", "ｍäil.example"].map((host): [string, object] => [
				`smtp://ada:1%2F2@${host}:25`,
				{ ...SERVER, host: "xn--mil-qla.example", port: 25, auth: { user: "ada", pass: "1/2" } },
			]),
			[
				"smtp://mail.example?requireTLS=true&tls.rejectUnauthorized=false",
				{ ...SERVER, port: 587, requireTLS: true, rejectUnauthorized: false },
			],
		],
		bad: [
			...[
				"mail.example",
				"http://ada:s3cr3t@mail.example",
				"smtp:",
				"smtp://",
				"smtp://ada:s3cr3t@",
				"smtp://ada:s3cr3t@mail.example:99999",
			].map((url): [string, string] => [
				url,
				"SMTP_URL is no URL that starts with smtp:// or smtps:// and names a host.",
			]),
			...["smtp://mail.example/s3cr3t", "smtp://ada:25#s3cr3t@mail.example", "smtp://ada:25/s3cr3t@mail.example"].map(
				(url): [string, string] => [
					url,
					"SMTP_URL has more than a host, a port and switches: a / or # in its password is %2F or %23.",
				],
			),
			...["*", "%20", "a%2Fs3cr3t", "%C3%A4%2Fb", "a%40b", "ä..b"].map((host): [string, string] => [
				`smtp://ada:s3cr3t@${host}`,
				"SMTP_URL names a host that is no name.",
			]),
			["smtp://ada@mail.example", "SMTP_URL has a user and no password."],
			["smtp://:s3cr3t@mail.example", "SMTP_URL has a password and no user."],
			["smtp://mail.example?debug=s3cr3t", "SMTP_URL may have requireTLS and tls.rejectUnauthorized behind its ?."],
			["smtp://mail.example?requireTLS=yes", "SMTP_URL has a requireTLS that is no true or false."],
		],
	},
	{
		name: "MAIL_FROM",
		read: ({ mail }) => mail?.from,
		default: undefined,
		beside: { SMTP_URL: "smtp://mail.example" },
		good: [
			["shop@shop.example", { name: "", address: "shop@shop.example" }],
			["The Shop <shop@shop.example>", { name: "The Shop", address: "shop@shop.example" }],
			['"Käse, Brot & Co." <shop@shop.example>', { name: "Käse, Brot & Co.", address: "shop@shop.example" }],
		],
		bad: [
			"shop",
			"shop@",
			"@shop.example",
			"a@shop.example, b@shop.example",
			"The Shop",
			"shop@shop.example\nBcc: eve@evil.example",
			"all: a@shop.example;",
		].map((text): [string, string] => [
			text,
			`MAIL_FROM is "${text}", which is no one address such as shop@shop.example or The Shop <shop@shop.example>.`,
		]),
	},
];
