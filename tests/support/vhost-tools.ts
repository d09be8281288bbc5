import { execFile } from "node:child_process";

/** Two cores that others need as well: half a second alone. */
const CALL_MS_MAX = 60_000;

/** Makes and removes virtual hosts, which AMQP itself can't. */
export interface VhostTool {
	name: "rabbitmqctl" | "the management API";
	/** Adds a virtual host that the tests' user may do everything in. */
	add(vhost: string): Promise<void>;
	remove(vhost: string): Promise<void>;
	list(): Promise<string[]>;
	/** Closes every client connection of the virtual host, as an operator would. */
	closeConnections(vhost: string): Promise<void>;
}

/** Works for a server on this machine, for root or the user rabbitmq. About 0.5 s a call. */
export function rabbitmqctl(serverUrl: string): VhostTool {
	const user = decodeURIComponent(new URL(serverUrl).username || "guest");
	return {
		name: "rabbitmqctl",
		async add(vhost) {
			await run(["add_vhost", vhost]);
			await run(["set_permissions", "-p", vhost, user, ".*", ".*", ".*"]);
		},
		async remove(vhost) {
			await run(["delete_vhost", vhost]);
		},
		async list() {
			return (await run(["list_vhosts", "name", "--silent"])).split("\n").filter(Boolean);
		},
		async closeConnections(vhost) {
			await run(["close_all_connections", "-p", vhost, "closed by a test"]);
		},
	};
}

function run(args: string[]): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = execFile("rabbitmqctl", args, { timeout: CALL_MS_MAX }, (error, stdout, stderr) => {
			if (error) reject(new Error((stderr || error.message).trim()));
			else resolve(stdout);
		});
		child.stdin?.end();
	});
}

/** Works for any server whose management plugin listens on port 15672, for an administrator. */
export function managementApi(serverUrl: string): VhostTool {
	const { hostname, username, password, protocol } = new URL(serverUrl);
	const base = `${protocol === "amqps:" ? "https" : "http"}://${hostname}:15672/api`;
	const user = decodeURIComponent(username || "guest");
	const authorization = `Basic ${Buffer.from(`${user}:${decodeURIComponent(password || "guest")}`).toString("base64")}`;

	async function call(method: string, path: string, body?: object): Promise<unknown> {
		const answer = await fetch(`${base}${path}`, {
			method,
			headers: { authorization, "content-type": "application/json" },
			body: body && JSON.stringify(body),
			signal: AbortSignal.timeout(CALL_MS_MAX),
		}).catch((error: Error & { cause?: Error }) => {
			throw new Error(error.cause?.message ?? error.message);
		});
		if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}`);
		return answer.headers.get("content-type")?.includes("json") ? answer.json() : undefined;
	}

	return {
		name: "the management API",
		async add(vhost) {
			await call("PUT", `/vhosts/${vhost}`, {});
			await call("PUT", `/permissions/${vhost}/${encodeURIComponent(user)}`, {
				configure: ".*",
				write: ".*",
				read: ".*",
			});
		},
		async remove(vhost) {
			await call("DELETE", `/vhosts/${vhost}`);
		},
		async list() {
			return ((await call("GET", "/vhosts?columns=name")) as { name: string }[]).map(({ name }) => name);
		},
		async closeConnections(vhost) {
			const open = (await call("GET", `/vhosts/${vhost}/connections`)) as { name: string }[];
			await Promise.all(open.map(({ name }) => call("DELETE", `/connections/${encodeURIComponent(name)}`)));
		},
	};
}
