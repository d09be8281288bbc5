import { openShop, type Shop } from "../support/shop";
import { ADMIN } from "../support/shop-given";

describe("a start with an administrator whose address is there already", () => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());
	afterEach(() => jest.restoreAllMocks());

	/** What a start does with ADMIN_EMAIL and ADMIN_PASSWORD, and what it then says. */
	async function startedWith(email: string, password: string): Promise<{ made: unknown; said: string[] }> {
		const { broker } = shop.node();
		const { logger } = broker.getLocalService("users");
		const said: string[] = [];
		for (const level of ["warn", "error"] as const)
			jest.spyOn(logger, level).mockImplementation((line: unknown) => void said.push(`${level}: ${line as string}`));
		const made = await broker.call("users.ensureAdmin", { email, password });
		return { made, said };
	}

	test("says loudly that it is a customer's, who is not made one, and what to do", async () => {
		const ada = await shop.given.customer();

		const { made, said } = await startedWith(ada.email, "a password of the operator's");

		expect(made).toBe(false);
		expect(said).toEqual([
			expect.stringMatching(
				/^error: ADMIN_EMAIL is the address of a customer's account, [\w-]{36}, so nobody was made an administrator: .* UPDATE users\.users SET role = 'ADMIN' WHERE id = '/,
			),
		]);
		expect(await shop.door.graphql("{ me { role } }", {}, ada)).toEqual({ role: "CUSTOMER" });
	});

	test("says that the password that was given is not theirs", async () => {
		const { said } = await startedWith(ADMIN.email, "another than they have");

		expect(said).toEqual([expect.stringMatching(/^warn: ADMIN_PASSWORD is not the password of the account/)]);
	});

	test("goes on where no account could be made with it any more, and says so where there is none", async () => {
		const ada = await shop.given.customer();
		const [known, unknown] = ["admin@10.0.0.5", "root@node.k8s1"];
		await shop.database.query("UPDATE users.users SET email = $2, email_key = $2, role = 'ADMIN' WHERE email = $1", [
			ada.email,
			known,
		]);

		const { made, said } = await startedWith(known, ada.password);
		const refusal = startedWith(unknown, ada.password);

		expect({ made, said }).toEqual({ made: false, said: [] });
		await expect(refusal).rejects.toThrow(
			'ADMIN_EMAIL is "root@node.k8s1", which is no e-mail address, and no account has it: none was made.',
		);
	});

	test("says nothing where everything is as it was", async () => {
		const { said } = await startedWith(ADMIN.email, ADMIN.password);

		expect(said).toEqual([]);
	});
});
