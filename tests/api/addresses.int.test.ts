import { openShop, type Shop } from "../support/shop";
import type { Account, Address } from "../support/shop-types";

const SAVED_MAX = 20;

const HOME = {
	name: "Ada Lovelace",
	line1: "12 St James's Square",
	line2: "Flat 3 ☂",
	city: "London",
	postalCode: "SW1Y 4JH",
	country: "GB",
};
const { line2: _, ...WORK } = { ...HOME, line1: "1 Dorset Street" };

interface Saved {
	id: string;
	address: Address;
}

const FIELDS = "id address { name line1 line2 city postalCode country }";

describe("an address book", () => {
	let shop: Shop;
	let ada: Account;
	beforeAll(async () => (shop = await openShop({ events: "postgres" })));
	beforeEach(async () => (ada = await shop.given.customer()));
	afterAll(async () => shop[Symbol.asyncDispose]());

	const save = (input: Address, as: Account = ada) =>
		shop.door.graphql<Saved>(
			`mutation ($input: AddressInput!) { saveAddress(input: $input) { ${FIELDS} } }`,
			{ input },
			as,
		);
	const update = (id: string, input: Address, as: Account = ada) =>
		shop.door.graphql<Saved>(
			`mutation ($id: ID!, $input: AddressInput!) { updateAddress(id: $id, input: $input) { ${FIELDS} } }`,
			{ id, input },
			as,
		);
	const remove = (id: string, as: Account = ada) =>
		shop.door.graphql<boolean>("mutation ($id: ID!) { removeAddress(id: $id) }", { id }, as);
	const book = async (as: Account = ada): Promise<Saved[]> => {
		const list = `{ addresses { totalItems items { ${FIELDS} } } }`;
		const { items, totalItems } = await shop.door.graphql<{ items: Saved[]; totalItems: number }>(list, {}, as);
		expect(totalItems).toBe(items.length);
		return items;
	};

	test("begins empty, keeps what is saved, the last one first, and forgets what is removed", async () => {
		expect(await book()).toEqual([]);

		const home = await save(HOME);
		const work = await save({ ...WORK, city: "  London  " });
		expect(await book()).toEqual([work, home]);
		expect(home.address).toEqual(HOME);
		expect(work.address).toEqual({ ...WORK, line2: null });

		const moved = await update(home.id, { ...HOME, line1: "13 St James's Square" });
		expect(await book()).toEqual([work, { id: home.id, address: { ...HOME, line1: "13 St James's Square" } }]);
		expect(moved.id).toBe(home.id);
		expect(await remove(work.id)).toBe(true);
		expect(await book()).toEqual([moved]);
		await expect(remove(work.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("holds an address once: saved again it comes to the beginning, and no other can become its double", async () => {
		const home = await save(HOME);
		const work = await save(WORK);

		const again = await Promise.all([save(HOME), save(HOME), save(HOME)]);

		expect(again).toEqual([home, home, home]);
		expect(await book()).toEqual([home, work]);
		await expect(update(work.id, HOME)).rejects.toMatchObject({ code: "CONFLICT" });
		expect(await update(home.id, HOME)).toEqual(home);
	});

	test(`ends at ${SAVED_MAX}, also when many are saved at once; what is in it is still found`, async () => {
		const saving = Array.from({ length: SAVED_MAX + 5 }, (_each, house) =>
			save({ ...HOME, line1: `${house} High Street` }),
		);
		const ends = await Promise.allSettled(saving);

		const refused = ends.filter((end) => end.status === "rejected").map(({ reason }) => reason as object);
		expect(refused).toHaveLength(5);
		for (const reason of refused)
			expect(reason).toMatchObject({ code: "CONFLICT", details: { addressesMax: SAVED_MAX } });
		const saved = await book();
		expect(saved).toHaveLength(SAVED_MAX);
		expect(await save(saved.at(-1)!.address)).toEqual(saved.at(-1));
	});

	test("is one's own: another, and an administrator, neither see nor touch it", async () => {
		const home = await save(HOME);

		for (const other of [await shop.given.customer(), await shop.given.admin()]) {
			expect(await book(other)).toEqual([]);
			await expect(update(home.id, WORK, other)).rejects.toMatchObject({ code: "NOT_FOUND" });
			await expect(remove(home.id, other)).rejects.toMatchObject({ code: "NOT_FOUND" });
		}
		expect(await book()).toEqual([home]);
	});

	test.each(["", " \u200b", null, undefined])("needs no postal code: %j is none", async (postalCode) => {
		const hongKong = { name: "Ada Lovelace", line1: "18 Harcourt Road", city: "Admiralty", country: "Hong Kong" };
		const input = { ...hongKong, ...(postalCode !== undefined && { postalCode }) } as Address;
		const lamp = await shop.given.product();

		const saved = await save(input);
		const order = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }], { address: input });

		const without = { ...hongKong, line2: null, postalCode: "" };
		expect(saved.address).toEqual(without);
		await shop.until(order).is("CONFIRMED");
		expect((await shop.look(order)).shippingAddress).toEqual(without);
		expect(await shop.door.rest("POST", "/addresses", { as: ada, body: input })).toMatchObject({ status: 200 });
		expect(await book()).toHaveLength(1);
	});

	test("says which field is wrong", async () => {
		await expect(save({ ...HOME, city: " ", postalCode: "1".repeat(21) })).rejects.toMatchObject({
			code: "BAD_USER_INPUT",
			details: { fields: [{ field: "city" }, { field: "postalCode" }] },
		});
	});

	test("what was ordered keeps its address, whatever becomes of the book", async () => {
		const lamp = await shop.given.product();
		const home = await save(HOME);
		const order = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }], { address: home.address });
		await shop.until(order).is("CONFIRMED");

		await update(home.id, WORK);
		await remove(home.id);

		expect((await shop.look(order)).shippingAddress).toEqual(HOME);
	});

	test("is the same over REST", async () => {
		const made = await shop.door.rest("POST", "/addresses", { as: ada, body: HOME });
		const id = String(made.body["id"]);
		const changed = await shop.door.rest("PUT", `/addresses/${id}`, { as: ada, body: WORK });
		const list = await shop.door.rest("GET", "/addresses", { as: ada });
		const gone = await shop.door.rest("DELETE", `/addresses/${id}`, { as: ada });

		expect(made).toMatchObject({ status: 200, body: { address: HOME } });
		expect(changed).toMatchObject({ status: 200, body: { id, address: WORK } });
		expect(list.body).toMatchObject({ items: [{ id }], totalItems: 1 });
		expect(gone.status).toBe(200);
		expect(await book()).toEqual([]);
	});
});
