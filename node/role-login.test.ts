import { roleLogin } from "./role-login";

test("a role's name says of which database, and its password follows from the URL's own", () => {
	const login = roleLogin("postgres://molecart:s3cr3t@db.internal:5433/shop", "orders");

	expect(login.name).toBe("shop_orders");
	expect(login.password).toMatch(/^[0-9a-f]{64}$/);
	expect(login.url).toBe(`postgres://shop_orders:${login.password}@db.internal:5433/shop`);
	expect(roleLogin("postgres://molecart:s3cr3t@db.internal:5433/shop", "orders")).toEqual(login);
});

test("each role, each database and each password of the URL makes another password", () => {
	const passwords = [
		roleLogin("postgres://molecart:s3cr3t@db/shop", "orders"),
		roleLogin("postgres://molecart:s3cr3t@db/shop", "cart"),
		roleLogin("postgres://molecart:s3cr3t@db/other", "orders"),
		roleLogin("postgres://molecart:changed@db/shop", "orders"),
	].map(({ password }) => password);

	expect(new Set(passwords).size).toBe(4);
});

test("where the URL needs no password, the role has none", () => {
	const login = roleLogin("postgres://postgres@127.0.0.1/shop", "users");

	expect(login).toEqual({ name: "shop_users", password: undefined, url: "postgres://shop_users@127.0.0.1/shop" });
});

test("what else the URL says stays, and what names its user does not", () => {
	const { url } = roleLogin("postgres://db/shop?sslmode=verify-full&user=molecart&password=s3cr3t", "users");

	expect(url).toMatch(/^postgres:\/\/shop_users:[0-9a-f]{64}@db\/shop\?sslmode=verify-full$/);
});

test("a database may have any name", () => {
	const { name, url } = roleLogin("postgres://molecart@db/my%20shop%20%C3%BC", "users");

	expect(name).toBe("my shop ü_users");
	expect(decodeURIComponent(new URL(url).username)).toBe(name);
});

test("a name that PostgreSQL would cut is shortened, and still of this database and role alone", () => {
	const long = "x".repeat(50);

	const names = (["users", "sandbox_provider"] as const).flatMap((role) => [
		roleLogin(`postgres://molecart@db/${long}y`, role).name,
		roleLogin(`postgres://molecart@db/${long}z`, role).name,
	]);

	expect(new Set(names).size).toBe(4);
	expect(names.map((name) => Buffer.byteLength(name)).filter((bytes) => bytes > 63)).toEqual([]);
});
