import { mailServer } from "./mail-server";

const MINUTE_MS = 60_000;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function watched() {
	const said: string[] = [];
	const log = {
		warn: (text: string) => said.push(text),
		info: (text: string) => said.push(text),
		debug: () => undefined,
	};
	return { server: mailServer(log as never), said };
}

test("a server that works gets several mails at once", () => {
	const { server, said } = watched();

	server.works();

	expect(server.allows()).toBeGreaterThan(1);
	expect(said).toEqual([]);
});

test("a server that is away is asked by one mail at a time, after a pause of at most a minute", () => {
	const { server } = watched();

	for (let failure = 0; failure < 20; failure++) {
		server.fails("ECONNREFUSED");
		expect(server.allows()).toBe(0);
		jest.advanceTimersByTime(MINUTE_MS);
		expect(server.allows()).toBe(1);
	}
});

test("mails that were on their way together are one failure, so the first pause is about a second", () => {
	const { server } = watched();

	for (let mail = 0; mail < 5; mail++) server.fails("ECONNRESET");
	jest.advanceTimersByTime(1_000);

	expect(server.allows()).toBe(1);
});

test("that it is away is said once, and that it is back", () => {
	const { server, said } = watched();

	for (let failure = 0; failure < 3; failure++) {
		server.fails("ECONNREFUSED");
		jest.advanceTimersByTime(MINUTE_MS);
	}
	for (let mail = 0; mail < 3; mail++) server.works();

	expect(said).toEqual([
		"Mail can't be sent, and waits until the mail server takes it: ECONNREFUSED",
		"The mail server takes mail again",
	]);
	expect(server.allows()).toBeGreaterThan(1);
});
