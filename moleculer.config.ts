import type { BrokerOptions, CacherConfig, LoggerConfig } from "moleculer";
import pretty from "pino-pretty";
import { AccessControl } from "./mixins/access/access";
import { AnsweringFirst, WatchesCalls } from "./mixins/calls/answering-first";
import { ForgivingRedisCacher } from "./mixins/cache/redis-cacher";
import { DatabaseFaults } from "./mixins/database/faults.middleware";
import { readingParams } from "./mixins/params/reading";
import { logLine } from "./node/log-line";
import { customCommands } from "./node/repl/commands";
import { readSettings, type Settings } from "./node/settings";
import { RabbitmqTransporter } from "./node/transporter/rabbitmq-transporter";

/** Enough calls in flight for one node; 1, moleculer's default, makes a call A→B→A wait for itself for ever. */
const PREFETCH = 100;

/**
 * An argument of Moleculer's queues on RabbitMQ, which outlive a node: with another number here, a node that comes back
 * under its name could not declare its queues for two minutes.
 */
const QUEUED_MS_MAX = 10_000;

/** No call waits longer, wherever it gets stuck. */
const REQUEST_TIMEOUT_MS = 5_000;

/** For Moleculer's own runner; the shop's commands use {@link brokerOptions}. */
export default (): BrokerOptions => brokerOptions(readSettings(process.env));

/**
 * Turns the settings into what the broker wants, and does nothing else.
 * @param onIdTaken another node has this one's id now; by default the process ends
 */
export function brokerOptions(settings: Settings, onIdTaken?: (reason: string) => void): BrokerOptions {
	return {
		namespace: settings.namespace,
		nodeID: settings.nodeId,
		logger: logger(settings),
		transporter: transporter(settings, onIdTaken),
		cacher: cacher(settings),
		// For a node that is frozen, or whose wire swallows everything: one that was killed the transporter notices at once.
		heartbeatInterval: 2,
		heartbeatTimeout: 6,
		requestTimeout: REQUEST_TIMEOUT_MS,
		maxCallLevel: 20,
		// Counts calls in work, so that a stop waits for them: without it half of those in flight were lost.
		tracking: { enabled: true, shutdownTimeout: 8_000 },
		registry: { strategy: AnsweringFirst, preferLocal: true },
		metrics: { enabled: settings.metricsPort !== undefined, reporter: [] },
		middlewares: [AccessControl, DatabaseFaults, WatchesCalls],
		validator: readingParams(),
		replOptions: { customCommands },
		// Start and stop are ours: the embedded database has to outlive the services.
		skipProcessEventRegistration: true,
	};
}

function transporter(
	{ amqpUrl }: Settings,
	onIdTaken: ((reason: string) => void) | undefined,
): RabbitmqTransporter | null {
	return amqpUrl
		? new RabbitmqTransporter({ url: amqpUrl, prefetch: PREFETCH, queuedMsMax: QUEUED_MS_MAX, onIdTaken })
		: null;
}

function cacher({ redisUrl }: Settings): BrokerOptions["cacher"] {
	if (!redisUrl) return { type: "Memory", options: { max: 5_000, clone: false } } as CacherConfig;
	return new ForgivingRedisCacher({ url: redisUrl });
}

/** JSON lines for a machine in production, one readable line each for a person otherwise. */
function logger({ production, logLevel }: Settings): LoggerConfig {
	const destination = production
		? undefined
		: pretty({
				colorize: process.stdout.isTTY,
				translateTime: "HH:MM:ss.l",
				ignore: "pid,hostname,nodeID,ns,svc,ver,mod",
			});
	return {
		type: "Pino",
		options: { level: levels(logLevel), pino: { options: { base: null, hooks: { logMethod: logLine } }, destination } },
	};
}

/** What Moleculer says of itself at every start is for whoever asks for more than `info`. */
function levels(logLevel: Settings["logLevel"]): string | Record<string, string> {
	if (logLevel !== "info") return logLevel;
	const quiet = ["BROKER", "REGISTRY", "TRANSIT", "TRANSPORTER", "CACHER", "METRICS", "$NODE"];
	return { ...Object.fromEntries(quiet.map((module) => [module, "warn"])), "**": "info" };
}
