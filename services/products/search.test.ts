import { corrected, exactly } from "./search";

test("each word that was typed has to be found", () => {
	const { form, values, sql } = exactly("  Brass LAMP ");

	expect(form).toBe("search2");
	expect(values).toEqual(["%brass%", "%lamp%"]);
	expect(sql(3)).toMatch(/LIKE \$3 AND .+ LIKE \$4$/);
});

test("what means something to LIKE is searched as it stands", () => {
	expect(exactly("100% a_b \\").values).toEqual(["%100\\%%", "%a\\_b%", "%\\\\%"]);
});

test.each([
	["Crème", "creme"],
	["Cre\u0300me", "creme"],
	["STRAẞE", "strasse"],
	["Ørsted", "orsted"],
	["İstanbul ışık", "istanbul isik"],
	["Ｆｕｌｌ", "full"],
	["ﬁne", "fine"],
	["ΛΌΓΟΣ", "λογοσ"],
	["Ёлка", "елка"],
	["St James’s", "st james's"],
	["soft\u00adware\u200b", "software"],
	["हिन्दी", "हिन्दी"],
])("%s is searched as %s", (typed, form) => {
	expect(exactly(typed).values).toEqual(form.split(" ").map((word) => `%${word}%`));
});

test("a wide % is no wildcard either", () => {
	expect(exactly("100\uff05").values).toEqual(["%100\\%%"]);
});

test("nothing typed is no condition, and very much is cut", () => {
	expect(exactly("   ").sql(1)).toBe("true");
	expect(exactly("a b c d e f g h").values).toHaveLength(6);
});

test.each(["\u00b4", "\u0301", "\u200b", " \u00a8 \u200d"])("%j, which has no word, is nowhere", (typed) => {
	expect(exactly(typed)).toMatchObject({ form: "nowhere", values: [] });
	expect(exactly(typed).sql(1)).toBe("false");
});

test("a word that is not known is searched as those that it is nearest to", () => {
	const { form, values, sql } = corrected("Brsas lmap", ["lamp", "brass", "bran", "radio"])!;

	expect(form).toBe("meant2");
	expect(values).toEqual([["%brass%"], ["%lamp%"]]);
	expect(sql(2)).toMatch(/LIKE ANY \(\$2::text\[\]\) AND .+ LIKE ANY \(\$3::text\[\]\)$/);
});

test.each(["lmap qqqq", "", "%", "- -"])("%j is near to nothing", (typed) => {
	expect(corrected(typed, ["lamp"])).toBeUndefined();
});
