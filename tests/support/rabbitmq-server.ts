import { connect } from "amqplib";
import { managementApi, rabbitmqctl, type VhostTool } from "./vhost-tools";
import { isLeftOver, ownName } from "./names";

const DEFAULT_URL = "amqp://guest:guest@127.0.0.1:5672";

/** The RabbitMQ server of a test run. */
export interface RabbitmqServer {
	/** With user and password; the path, which names the virtual host, is replaced for each test. */
	url: string;
	tool: VhostTool["name"];
}

export function toolOf(server: RabbitmqServer): VhostTool {
	return server.tool === "rabbitmqctl" ? rabbitmqctl(server.url) : managementApi(server.url);
}

/** Finds out by doing it whether a virtual host can be made on the server and used. */
export async function realRabbitmq(): Promise<RabbitmqServer | { unusable: string }> {
	const url = process.env["TEST_AMQP_URL"] ?? DEFAULT_URL;
	const { host } = new URL(url);
	try {
		await connects(url);
	} catch (error) {
		return { unusable: `${host}: ${reasonOf(error)}` };
	}
	const problems: string[] = [];
	for (const tool of [rabbitmqctl(url), managementApi(url)]) {
		const name = ownName();
		try {
			await tool.add(name);
			try {
				await connects(vhostUrl(url, name));
			} finally {
				await tool.remove(name);
			}
			return { url, tool: tool.name };
		} catch (error) {
			problems.push(`${tool.name} (${firstLine(error)})`);
		}
	}
	return { unusable: `${host}: no virtual host can be made, neither by ${problems.join(" nor by ")}` };
}

/** Removes the virtual hosts that this process, and dead ones before it, left. */
export async function sweepVhosts(server: RabbitmqServer): Promise<void> {
	const tool = toolOf(server);
	for (const name of (await tool.list()).filter(isLeftOver)) await tool.remove(name);
}

export function vhostUrl(serverUrl: string, name: string): string {
	const url = new URL(serverUrl);
	url.pathname = `/${name}`;
	return url.href;
}

async function connects(url: string): Promise<void> {
	const connection = await connect(url, { timeout: 30_000 });
	connection.on("error", () => undefined);
	await connection.close();
}

function reasonOf(error: unknown): string {
	const { code } = error as { code?: string };
	return code === "ECONNREFUSED" ? "it refuses the connection" : firstLine(error);
}

function firstLine(error: unknown): string {
	return (error as Error).message.split("\n")[0]!.slice(0, 150);
}
