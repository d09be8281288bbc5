import { clientConfig } from "./client-config";

test.each([
	["postgres://ada:secret@db.example:5433/shop", "ada", "secret", "shop"],
	["postgres://ada:secret@db.example:5433/my%20shop", "ada", "secret", "my shop"],
	["postgres://ada:secret@db.example:5433/my shop", "ada", "secret", "my shop"],
	["postgres://%C3%B6wner:a%3Ab%2Fc%25d@db.example:5433/Gesch%C3%A4ft", "öwner", "a:b/c%d", "Geschäft"],
	["postgres://öwner:pässword@db.example:5433/Geschäft", "öwner", "pässword", "Geschäft"],
	["postgres://ada:secret@db.example:5433/a%2Fb%3Fc%23d", "ada", "secret", "a/b?c#d"],
])("%s is the user %s with the password %s on the database %s", (url, user, password, database) => {
	expect(clientConfig(url)).toMatchObject({ host: "db.example", port: 5433, user, password, database });
});

test("what a URL says of the connection stays, and what our statements rely on has the last word", () => {
	const { ssl, options } = clientConfig(
		"postgres://db/shop?sslmode=no-verify&options=-c%20DateStyle%3DGerman%20-c%20jit%3Doff",
	);

	expect(ssl).toEqual({ rejectUnauthorized: false });
	expect(options).toMatch(/^-c DateStyle=German -c jit=off .*-c DateStyle=ISO,\\ MDY /);
});
