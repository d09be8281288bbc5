import { letterOf } from "./letters";

const letterTo = (name: string) => letterOf("VERIFY_EMAIL", { name }, "https://shop.example/de", "secret");

test("a letter says the same as text and as HTML, with a link below the shop's address", () => {
	const { subject, text, html } = letterTo("Ada");

	expect(subject).toBe("Confirm your e-mail address");
	for (const said of ["Ada", "within a week", "https://shop.example/de/verify-email#token=secret"]) {
		expect(text).toContain(said);
		expect(html).toContain(said);
	}
	expect(text).toMatch(/^Hello Ada,\n\n/);
	expect(html).toContain('<a href="https://shop.example/de/verify-email#token=secret">');
});

test.each([
	["<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"],
	[`"Ada" & 'Co'`, "&quot;Ada&quot; &amp; &#39;Co&#39;"],
	["J. R. R. O’Neill", "J. R. R. O’Neill"],
	["آدا", "آدا"],
	["अदिति हिन्दी", "अदिति हिन्दी"],
	["Ada… Jr. (２．)", "Ada… Jr. (２．)"],
])("in HTML a name is text: %s", (name, written) => {
	expect(letterTo(name).html).toContain(`<p>Hello <bdi>${written}</bdi>,</p>`);
	expect(letterTo(name).text).toContain(`Hello ${name},`);
});

test.each(["Ada\r\nBcc: eve@evil", "Ada\u2028Your account is locked\u0000", "Ada\n\n\tLovelace"])(
	"a name stays on its line: %j",
	(name) => {
		const { subject, text } = letterTo(name);

		expect(subject).not.toContain("Ada");
		expect(text.split("\n\n")[0]).not.toMatch(/[\p{Cc}\u2028]/u);
		expect(text.split("\n\n")).toHaveLength(4);
	},
);

test.each([
	"You have won: www.evil.example/prize",
	"https://evil.example",
	"evil.example",
	"ada@evil.example",
	"javascript:alert(1)",
	"Visit हिन्दी.evil now",
	"evil.भारत",
	"evil。com",
	"evil．com",
	"evil｡com",
	"evil․com",
	"Evil.com.evil",
	"m̃.evil",
	"💩.evil",
	"ｅｖｉｌ．ｃｏｍ",
	"evil.c\u00adom",
	"evil.\u200bcom",
	"ada＠evil",
	"evil：evil",
	"evil／evil",
	"Ada ".repeat(50),
	"  ",
])("what is no name, but a stranger's text or link, is not carried to anybody: %s", (name) => {
	const { text, html } = letterTo(name);

	expect(text).toMatch(/^Hello,\n/);
	expect(html).toContain("<p>Hello,</p>");
	expect(text + html).not.toMatch(/evil|ｅｖｉｌ|alert|Ada/i);
});
