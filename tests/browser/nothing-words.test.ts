import { nothingInWords, type Asked } from "../../public/src/catalogue/nothing-words";

const EVERYTHING: Asked = { q: "", category: "", min: "", max: "", stock: false };

test.each<[asked: Partial<Asked>, pages: number, title: RegExp, text: RegExp]>([
	[{}, 0, /The shop is still empty/, /Nothing is on sale yet/],
	[{ category: "lamps" }, 0, /This shelf is empty/, /in this department/],
	[{ max: "5" }, 0, /Nothing fits all of your filters/, /fewer/],
	[{ stock: true, category: "lamps" }, 0, /Nothing fits all of your filters/, /fewer/],
	[{ q: "zeppelin" }, 0, /“zeppelin”/, /^A shorter word may find it, or another name for it\.$/],
	[{ q: "zeppelin", min: "5" }, 0, /“zeppelin”/, /or fewer filters/],
	[{}, 3, /The list ends before this page/, /3 pages/],
	[{ q: "lamp" }, 1, /The list ends before this page/, /one page/],
])("an empty list that asks for %j, of %d pages, says what is so", (asked, pages, title, text) => {
	const words = nothingInWords({ ...EVERYTHING, ...asked }, pages);

	expect(words.title).toMatch(title);
	expect(words.text).toMatch(text);
});
