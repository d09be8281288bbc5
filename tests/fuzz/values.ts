import type { Chance } from "./chance";

/** What the shop holds, so that not everything is an unknown id. */
export interface Things {
	/** By a word that what asks for them has in its name; of whatever kind below `any`. */
	ids: { any: string[] } & Record<string, string[]>;
	tokens: (string | undefined)[];
}

const TEXTS = [
	"",
	" ",
	"lamp",
	"A brass lamp",
	"0",
	"-1",
	"null",
	"undefined",
	"NaN",
	"true",
	"[]",
	"{}",
	"__proto__",
	"constructor",
	"toString",
	"a\u0000b",
	"\ud800",
	"\ufffe\uffff",
	"\u202eeman",
	"שרה 👩🏽‍🚀 Ünïcödé",
	"e\u0301".repeat(50),
	"'; DROP TABLE users; --",
	"' OR '1'='1",
	"%' AND 1=(SELECT 1) --",
	"${7*7}{{7*7}}<%= 7*7 %>",
	"<script>alert(1)</script>",
	"../../../../etc/passwd",
	"%s%s%s%n",
	"\\",
	"\"'`",
	"$1",
	"::uuid",
	"1e999",
	"2026-13-45T99:99:99Z",
	"https://evil.example/x.png",
	"a@shop.test",
	"A@SHOP.TEST",
	"@",
	"tok_approve",
	"x".repeat(300),
	"y".repeat(6_000),
	"%".repeat(200),
	"_".repeat(200),
	"\n\r\t",
];
const NUMBERS = [
	0,
	-0,
	1,
	-1,
	1.5,
	99,
	100,
	101,
	10_000,
	10_001,
	2 ** 31 - 1,
	2 ** 31,
	-(2 ** 31),
	2 ** 53,
	1e21,
	1e300,
];
const TOKENS = ["tok_approve", "tok_decline", "tok_insufficient_funds", "tok_error_once", "tok_nonsense"];

/** Values for a field, mostly as it wants them. */
export interface Values {
	id(name: string): unknown;
	int(): unknown;
	boolean(): unknown;
	/** @param name what the field is called says what is likely to be right */
	text(name: string): unknown;
	nonsense(): unknown;
}

export function valuesBy(chance: Chance, things: Things): Values {
	const uuid = () => `00000000-0000-4000-8000-${String(chance.below(1e12)).padStart(12, "0")}`;
	const values: Values = {
		id(name) {
			if (chance.is(0.1)) return chance.is(0.5) ? uuid() : values.nonsense();
			const kind = Object.keys(things.ids).find((word) => name.toLowerCase().includes(word));
			return chance.one(things.ids[kind !== undefined && chance.is(0.8) ? kind : "any"]!);
		},
		int: () => (chance.is(0.6) ? 1 + chance.below(5) : chance.one(NUMBERS)),
		boolean: () => (chance.is(0.9) ? chance.is(0.5) : values.nonsense()),
		text(name) {
			if (chance.is(0.25)) return chance.one(TEXTS);
			if (/email/i.test(name)) return `fuzz${chance.below(40)}@shop.test`;
			if (/password/i.test(name)) return chance.one(["an unusual password", "another horse battery", "password"]);
			if (/paymentToken/.test(name)) return chance.one(TOKENS);
			if (/key/i.test(name)) return `key${chance.below(30)}`;
			if (/slug|sku/i.test(name)) return `s${chance.below(10_000)}`;
			if (/token/i.test(name)) return chance.one([...things.tokens, "x".repeat(43)]) ?? "";
			return chance.one(["lamp", "lmap", "brass", "A lamp", "London", "GB", "12 Square"]);
		},
		nonsense() {
			const kind = chance.below(8);
			if (kind === 0) return null;
			if (kind === 1) return chance.one(NUMBERS);
			if (kind === 2) return [values.nonsense()];
			if (kind === 3) return { [chance.one(TEXTS)]: chance.one(TEXTS) };
			if (kind === 4) return chance.is(0.5);
			if (kind === 5) return { __proto__: null, constructor: { prototype: { role: "ADMIN" } } };
			return chance.one(TEXTS);
		},
	};
	return values;
}

/** The text with a slip of the keyboard in it: something gone, doubled, swapped or put in. */
export function mangle(text: string, chance: Chance): string {
	const [at, end] = [chance.below(text.length + 1), chance.below(text.length + 1)].toSorted((a, b) => a - b) as [
		number,
		number,
	];
	const kind = chance.below(4);
	if (kind === 0) return text.slice(0, at) + text.slice(Math.min(end, at + 5));
	if (kind === 1) return text.slice(0, end) + text.slice(at, end).slice(0, 200) + text.slice(end);
	if (kind === 2) return text.slice(0, at) + chance.one(TEXTS).slice(0, 50) + text.slice(at);
	return (
		text.slice(0, at) + chance.one(["{", "}", "(", ")", '"', "...", "@", "$", "#", "!", ":", "&", "|"]) + text.slice(at)
	);
}
