import { pictureAddress, PICTURE_SOURCES } from "./pictures";

function read(text: string) {
	const reasons: string[] = [];
	const address = pictureAddress(text, (reason) => reasons.push(reason));
	return { address, reasons };
}

test.each([
	["/pictures/stoneware-mug.svg", "/pictures/stoneware-mug.svg"],
	["/pictures/blue mug.png", "/pictures/blue%20mug.png"],
	["/pictures/blå vase (1).jpg", "/pictures/bl%C3%A5%20vase%20(1).jpg"],
	["/pictures/bl%C3%A5%20vase.jpg", "/pictures/bl%C3%A5%20vase.jpg"],
	["/pictures/花瓶.webp?v=2&size=grüße#front", "/pictures/%E8%8A%B1%E7%93%B6.webp?v=2&size=gr%C3%BC%C3%9Fe#front"],
	["/pictures/../pictures/mug.svg", "/pictures/mug.svg"],
	["/pictures/100%.png", "/pictures/100%.png"],
	["/pictures/MUG.PNG", "/pictures/MUG.PNG"],
	[" https://cdn.example/mug.png ", "https://cdn.example/mug.png"],
	["HTTPS://CDN.example:8443/Blue Mug.png?width=400", "https://cdn.example:8443/Blue%20Mug.png?width=400"],
	["https://bücher.example/ä.png", "https://xn--bcher-kva.example/%C3%A4.png"],
	["https://[2001:db8::1]/mug.png", "https://[2001:db8::1]/mug.png"],
	[
		`https://cdn.example/mug.png?signature=${"x".repeat(1_500)}`,
		`https://cdn.example/mug.png?signature=${"x".repeat(1_500)}`,
	],
])("%s is a picture at %s", (text, address) => {
	expect(read(text)).toEqual({ address, reasons: [] });
});

test.each([
	["http://cdn.example/mug.png", /begin with https:\/\//],
	["https://ada:s3cr3t@cdn.example/mug.png", /no user name and no password/],
	["https://ada@cdn.example/mug.png", /no user name and no password/],
	["data:image/png;base64,iVBORw0KGgo=", /begins with https:\/\/ or/],
	["javascript:alert(1)", /begins with https:\/\/ or/],
	["java\nscript:alert(1)", /begins with https:\/\/ or/],
	["ftp://cdn.example/mug.png", /begins with https:\/\/ or/],
	["blob:https://cdn.example/1", /begins with https:\/\/ or/],
	["//cdn.example/mug.png", /begins with https:\/\/ or/],
	["/\\cdn.example/mug.png", /begins with https:\/\/ or/],
	["/.//cdn.example/mug.png", /begins with https:\/\/ or/],
	["/a/..//cdn.example/mug.png", /begins with https:\/\/ or/],
	["/%2e//cdn.example/mug.png", /begins with https:\/\/ or/],
	["/", /ends in one of \.svg, \.png, /],
	["/graphql", /ends in one of/],
	["/pictures/mug", /ends in one of/],
	["/pictures/mug.html?name=mug.png", /ends in one of/],
	["pictures/mug.png", /begins with https:\/\/ or/],
	["mug", /begins with https:\/\/ or/],
	["https://", /begins with https:\/\/ or/],
	["https://cdn example/mug.png", /begins with https:\/\/ or/],
	["", /begins with https:\/\/ or/],
	[`/pictures/${"ä".repeat(400)}.png`, /at most 2000 characters/],
])("%j is none, for a reason", (text, reason) => {
	expect(read(text).reasons).toEqual([expect.stringMatching(reason)]);
});

test("what is accepted is what the policy shows", () => {
	expect(PICTURE_SOURCES).toBe("'self' https:");
});
