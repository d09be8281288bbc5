import { browserSessionOf, giveCookie } from "./session-cookie";

const shopId = "0123456789abcdef";
const own = `molecart_session_${shopId}`;

const read = (cookie: string) => browserSessionOf({ cookie }, { httpsAlone: true, shopId });
/** The cookies that a browser with these is given, each with its name, what it holds and for how long. */
function given(cookie: string, options: { refreshToken: string; maxAgeS: number }): string[] {
	const meta: { $responseHeaders?: { "Set-Cookie": string[] } } = {};
	giveCookie(meta, read(cookie), options);
	return meta.$responseHeaders!["Set-Cookie"].map((each) => each.split("; ").slice(0, 2).join(" "));
}

test.each([
	["its own", `${own}=mine`, "mine"],
	["its own beside that of before", `molecart_session=other; ${own}=mine`, "mine"],
	["that of before alone", "molecart_session=mine", "mine"],
	["one that has been taken away, and that of before", `${own}=; molecart_session=mine`, "mine"],
	["another shop's", "molecart_session_fedcba9876543210=other", undefined],
])("a shop reads from %s", (_what, cookie, refreshToken) => {
	expect(read(cookie).refreshToken).toBe(refreshToken);
});

test("a session that was kept under the name of before goes on under the shop's own", () => {
	const exchanged = { refreshToken: "next", maxAgeS: 60 };

	expect(given("molecart_session=mine", exchanged)).toEqual([`${own}=next Max-Age=60`, "molecart_session= Max-Age=0"]);
	expect(given(`${own}=mine; molecart_session=other`, exchanged)).toEqual([`${own}=next Max-Age=60`]);
});

test("logging out takes both away", () => {
	const out = { refreshToken: "", maxAgeS: 0 };

	expect(given(`${own}=mine; molecart_session=old`, out)).toEqual([`${own}= Max-Age=0`, "molecart_session= Max-Age=0"]);
	expect(given(`${own}=mine`, out)).toEqual([`${own}= Max-Age=0`]);
});
