import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { shortcomingsOf } from "../../mixins/events/catalogue/catalogue";
import { onServer } from "../../tests/support/postgres-server";
import { describeOnRabbitMQ, testDatabase, testVhost, type TestDatabase } from "../../tests/support/servers";
import { until } from "../../tests/support/until";
import { BookLent } from "./desk.events";
import { noticesConsumers } from "./notices.consumers";

const ROOT = path.resolve(__dirname, "../..");
const STARTED = "node --import tsx examples/library/start.ts";

jest.setTimeout(600_000);

test("its README starts it by commands that there are, and its event says what it means", () => {
	const readme = fs.readFileSync(path.join(__dirname, "README.md"), "utf8");
	const { scripts } = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
		scripts: Record<string, string>;
	};

	expect(scripts["example"]).toBe(STARTED);
	expect(readme).toContain("npm run example\n");
	expect(readme).toContain("npm run example desk\n");
	expect(readme).toContain("npm run example notices\n");
	expect(
		shortcomingsOf({ title: "", version: "", description: "", events: [BookLent], listeners: noticesConsumers }),
	).toEqual([]);
});

interface Library extends AsyncDisposable {
	said(): string;
	end(signal: NodeJS.Signals): Promise<void>;
}

/** As `npm run example` does. */
function start(environment: Record<string, string>, ...args: string[]): Library {
	const [command, ...rest] = STARTED.split(" ");
	const { PATH = "", HOME = "" } = process.env;
	const child: ChildProcess = spawn(command!, [...rest, ...args], {
		cwd: ROOT,
		env: { PATH, HOME, ...environment },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let said = "";
	for (const stream of [child.stdout!, child.stderr!]) {
		stream.setEncoding("utf8").on("data", (text: string) => (said += text));
	}
	const gone = once(child, "exit");
	const library: Library = {
		said: () => said,
		async end(signal) {
			if (child.exitCode === null && child.signalCode === null) child.kill(signal);
			await gone;
		},
		[Symbol.asyncDispose]: () => library.end("SIGKILL"),
	};
	return library;
}

/** As empty as what `createdb` makes: the tests' own template holds the shop. */
async function emptyDatabase(): Promise<TestDatabase> {
	const database = await testDatabase();
	await onServer(database.url, (client) => client.query("DROP SCHEMA events CASCADE"));
	return database;
}

const noticesIn = ({ url }: TestDatabase): Promise<string[]> =>
	onServer(url, async (client) => {
		const { rows } = await client.query<{ text: string }>("SELECT text FROM notices.notices ORDER BY text");
		return rows.map(({ text }) => text.replace(/ is due on \d{4}-\d\d-\d\d$/, ""));
	});

const ALL = ["Invisible Cities", "Middlemarch", "The Left Hand of Darkness"];
const WAIT = { withinMs: 180_000, everyMs: 200 };

test("one process over PostgreSQL: each loan has its notice, and running it again adds nothing", async () => {
	await using database = await emptyDatabase();

	{
		await using library = start({ DATABASE_URL: database.url });
		await until(async () => (await noticesIn(database)).length === 3, { what: "the notices", ...WAIT });
		await until(() => library.said().includes("The desk has lent what was there"), { what: "the last word", ...WAIT });
		await library.end("SIGTERM");
	}
	{
		await using again = start({ DATABASE_URL: database.url });
		await until(() => again.said().includes("The desk has lent what was there"), { what: "the last word", ...WAIT });
		expect(again.said()).toContain("is not there");
		await again.end("SIGTERM");
	}

	expect(await noticesIn(database)).toEqual(ALL);
});

describeOnRabbitMQ("two nodes over RabbitMQ", () => {
	test("what the desk has lent reaches the notices when the desk is gone", async () => {
		await using database = await emptyDatabase();
		await using vhost = await testVhost();
		const environment = { DATABASE_URL: database.url, AMQP_URL: vhost.url };

		{
			await using desk = start(environment, "desk");
			await until(() => desk.said().includes("The desk has lent what was there"), { what: "the loans", ...WAIT });
			await until(
				() =>
					onServer(database.url, async (client) => {
						const { rowCount } = await client.query("SELECT FROM desk.outbox");
						return rowCount === 0;
					}),
				{ what: "the events to leave", ...WAIT },
			);
			await desk.end("SIGTERM");
		}
		expect(await noticesIn(database)).toEqual([]);
		await using notices = start(environment, "notices");

		await until(async () => (await noticesIn(database)).length === 3, { what: "the notices", ...WAIT });
		await notices.end("SIGTERM");
		expect(await noticesIn(database)).toEqual(ALL);
	});
});
