import { existsSync } from "node:fs";
import { join } from "node:path";
import { demoCategories, demoProducts } from "./catalogue";

const publicFolder = join(__dirname, "../../../public/static");

const departments = new Set(demoCategories.filter(({ parent }) => parent === undefined).map(({ slug }) => slug));
const leaves = new Set(demoCategories.filter(({ parent }) => parent !== undefined).map(({ slug }) => slug));

function repeated(values: readonly string[]): string[] {
	return values.filter((value, position) => values.indexOf(value) !== position);
}

test("the demo fills more than one page of the shop", () => {
	expect(demoProducts.length).toBeGreaterThanOrEqual(40);
});

test("no two products share a SKU, a slug or a name", () => {
	expect(repeated(demoProducts.map(({ sku }) => sku))).toEqual([]);
	expect(repeated(demoProducts.map(({ slug }) => slug))).toEqual([]);
	expect(repeated(demoProducts.map(({ name }) => name))).toEqual([]);
});

test("no two categories share a slug", () => {
	expect(repeated(demoCategories.map(({ slug }) => slug))).toEqual([]);
});

test("a category stands in a department that comes before it", () => {
	const early = demoCategories.filter(
		({ parent }, position) =>
			parent !== undefined &&
			!demoCategories.slice(0, position).some(({ slug }) => slug === parent && departments.has(slug)),
	);

	expect(early).toEqual([]);
});

test("every product stands in a category below a department", () => {
	expect(demoProducts.filter(({ category }) => !leaves.has(category))).toEqual([]);
});

test("no category is empty", () => {
	const filled = new Set(demoProducts.map(({ category }) => category));

	expect([...leaves].filter((slug) => !filled.has(slug))).toEqual([]);
});

test("every price is a whole number of minor units above zero", () => {
	expect(demoProducts.filter(({ priceMinor }) => !Number.isSafeInteger(priceMinor) || priceMinor <= 0)).toEqual([]);
});

test("the stock shows each label of the shop: plenty, only a few left and sold out", () => {
	expect(demoProducts.filter(({ stock }) => !Number.isSafeInteger(stock) || stock < 0)).toEqual([]);
	expect(demoProducts.some(({ stock }) => stock === 0)).toBe(true);
	expect(demoProducts.some(({ stock }) => stock >= 1 && stock <= 3)).toBe(true);
	expect(demoProducts.some(({ stock }) => stock > 3)).toBe(true);
});

test("every product has a picture of its own", () => {
	expect(demoProducts.filter(({ imageUrl }) => !existsSync(join(publicFolder, imageUrl)))).toEqual([]);
	expect(repeated(demoProducts.map(({ imageUrl }) => imageUrl))).toEqual([]);
});
