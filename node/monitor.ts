import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { MetricReporters, type ServiceBroker } from "moleculer";
import { isCutOff } from "../mixins/access/away";
import { askOthers } from "./ask-others";
import { watchClock } from "./clock";
import { lookAtDatabases, type DatabaseLooks } from "./database-looks";
import { followConnections, type Connections } from "../mixins/http/connections";
import { httpServer } from "../mixins/http/http-server";
import { sendJson, sendWhole } from "../mixins/http/whole-answer";
import { addressProblem } from "./address-problem";
import type { Access } from "./access";
import { openAddress } from "./open-address";
import type { Settings } from "./settings";
import { logOf } from "./log";

/** How often a node without a database asks the others for their time. */
const ASK_MS = 10_000;

/** Watches what a node depends on, and tells who asks on METRICS_PORT. */
export interface Monitor {
	watch(access: Access): void;
	/** For a node without a database, as soon as it has heard of the others. */
	compareClocks(): Promise<void>;
	missing(): string[];
	stop(): Promise<void>;
}

export interface MonitorOptions {
	broker: ServiceBroker;
	settings: Settings;
	missing(): string[];
	/** The node must not go on. */
	refuse(reason: string): void;
}

export async function startMonitor({ broker, settings, missing, refuse }: MonitorOptions): Promise<Monitor> {
	const clock = watchClock({ log: logOf(broker), refuse: ({ message }) => refuse(message) });
	const connections = settings.metricsPort === undefined ? undefined : await listen(broker, settings, missing);
	let looks: DatabaseLooks | undefined;
	let timer: NodeJS.Timeout | undefined;

	return {
		watch(access) {
			looks = lookAtDatabases(access, clock, logOf(broker));
			if (access.pools.length === 0)
				timer = setInterval(() => {
					askOthers(broker, clock).catch((error: Error) =>
						logOf(broker).debug("Nobody has told the time:", error.message),
					);
				}, ASK_MS);
		},
		async compareClocks() {
			if (timer) await askOthers(broker, clock);
		},
		missing: () => [...(looks?.missing() ?? []), ...clock.missing(), ...(isCutOff(broker) ? ["transporter"] : [])],
		async stop() {
			clearInterval(timer);
			await looks?.stop();
			await connections?.close();
		},
	};
}

async function listen(
	broker: ServiceBroker,
	{ http: { host, keepAliveS }, metricsPort }: Settings,
	missing: () => string[],
): Promise<Connections> {
	const metrics = prometheus(broker);
	const listener: RequestListener = (request, response) => {
		const answer = (status: number, type: string, body: string): void => {
			sendWhole(response, status, { headers: { "content-type": type, "cache-control": "no-store" }, body });
		};
		const json = (status: number, body: object): void => sendJson(response, status, body);
		if (request.method !== "GET" && request.method !== "HEAD") {
			response.setHeader("allow", "GET, HEAD");
			return json(405, { error: { code: "BAD_USER_INPUT", message: "Only GET, HEAD is known here", fields: [] } });
		}
		switch (request.url) {
			case "/metrics":
				return answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics());
			case "/health/live":
				return json(200, { status: "live" });
			case "/health/ready": {
				const lacking = missing();
				return json(lacking.length === 0 ? 200 : 503, {
					status: lacking.length === 0 ? "ready" : "not ready",
					missing: lacking,
				});
			}
			default:
				return json(404, {
					error: { code: "NOT_FOUND", message: "There is /metrics, /health/live and /health/ready" },
				});
		}
	};
	const server = httpServer(listener, { keepAliveMs: keepAliveS * 1_000 });
	const connections = followConnections(server);
	await new Promise<void>((resolve, reject) => {
		server.once("error", (error) => reject(addressProblem("METRICS_PORT", error)));
		server.listen(metricsPort, host, resolve);
	});
	const { port } = server.address() as AddressInfo;
	logOf(broker).info(`Metrics and health are on ${openAddress(host, port)}`);
	return connections;
}

/** Moleculer's Prometheus reporter, without the server of its own that would listen on every address. */
function prometheus(broker: ServiceBroker): () => string {
	const reporter = new MetricReporters.Prometheus({}) as unknown as {
		registry: unknown;
		broker: unknown;
		generatePrometheusResponse(): string;
	};
	Object.assign(reporter, {
		registry: broker.metrics,
		broker,
		defaultLabels: { nodeID: broker.nodeID, namespace: broker.namespace },
	});
	return () => reporter.generatePrometheusResponse();
}
