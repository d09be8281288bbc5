import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { ServiceBroker } from "moleculer";
import { brokerOptions } from "../moleculer.config";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../embedded/postgres";
import { sharePool } from "../mixins/database/pools";
import { postgresTransport } from "../mixins/events/postgres/transport";
import type { ClaimedError } from "../mixins/events/rabbitmq/claims";
import { rabbitmqTransport } from "../mixins/events/rabbitmq/transport";
import type { EventTransport } from "../mixins/events/transport";
import type { GatewayService } from "../services/gateway/gateway.service";
import type { Resources } from "../services/resources";
import { services } from "../services/services";
import { topology } from "../services/topology";
import { absentServices } from "./absent-services";
import type { Access } from "./access";
import { refuseTakenAddress } from "./address-problem";
import { databasesOf, needsEmbedded, prepareDatabases, reachDatabases, type NodeDatabase } from "./databases";
import { SettingsError } from "./environment";
import { firstData, type FirstData } from "./first-data";
import { holdNodeId } from "./hold-node-id";
import { startMonitor } from "./monitor";
import { openAddress } from "./open-address";
import { SecondProcessError, takePlace, type Place } from "./place";
import { release } from "./project";
import { reach, type Patience } from "./reach";
import { reachRedis } from "./reach-servers";
import { jwtSecret } from "./secrets";
import { SERVICE_NAMES, type Settings } from "./settings";
import { nameCache } from "./shop-cache";
import { learnShopId } from "./learn-shop-id";
import { keepCurrency, refuseOtherCurrency } from "./shop-currency";
import { settleShop, type Shop } from "./shop-id";
import { logOf } from "./log";
import { RabbitmqTransporter } from "./transporter/rabbitmq-transporter";

/** One node of the shop, at work. */
export interface Node {
	broker: ServiceBroker;
	settings: Settings;
	/** Where the gateway listens, or `undefined` where there is none: http://host:port */
	url: string | undefined;
	firstData: FirstData;
	/** What it lacks to do its job, as short names. */
	missing(): string[];
	/** Before a stop that nobody may notice: a gateway says that it is going, and answers meanwhile. Takes a second. */
	drain(): Promise<void>;
	/** Finishes what is in work, then lets go of everything. Safe to call twice. */
	stop(): Promise<void>;
}

/** How long a node that is up waits to hear of those that it calls. */
const HEARING_MS_MAX = 2_000;
const HEARING_LOOK_MS = 20;

/** What a node can't go on without has gone; whoever started it should end it, to be started again. */
export type OnFatal = (reason: string) => void;

/**
 * Starts what `settings` say: the embedded database where it is needed, migrations, topology, services, first data.
 * What was started is stopped again when something fails.
 * @param patience with servers that do not answer yet
 * @throws an error whose message is a sentence for the person who started it
 */
export async function startNode(settings: Settings, onFatal: OnFatal, patience?: Patience): Promise<Node> {
	refuseHalfAShop(settings);
	if (settings.services.includes("gateway")) await refuseTakenAddress("PORT", settings.http.host, settings.http.port);
	const undo: (() => Promise<void>)[] = [];
	let stopping: Promise<void> | undefined;
	const stop = (): Promise<void> => (stopping ??= stopAll(undo));
	let isLost = false;
	// Whoever sees it sees it again and again, until the node has ended.
	const fatal: OnFatal = (reason) => {
		if (stopping || isLost) return;
		isLost = true;
		onFatal(reason);
	};
	try {
		return await start({ settings, onFatal: fatal, undo, stop, patience });
	} catch (error) {
		await stop();
		throw error;
	}
}

interface Start {
	settings: Settings;
	onFatal: OnFatal;
	undo: (() => Promise<void>)[];
	stop: () => Promise<void>;
	patience: Patience | undefined;
}

async function start({ settings, onFatal, undo, stop, patience }: Start): Promise<Node> {
	const broker = new ServiceBroker(brokerOptions(settings, onFatal));
	let brokerStopping: Promise<void> | undefined;
	const stopBroker = (): Promise<void> => (brokerStopping ??= broker.stop());
	// Its cache connects to Redis when it is made, and would keep a failed command from ending.
	undo.push(stopBroker);
	let busyWith: "start" | "stop" | undefined = "start";
	let transport: EventTransport | undefined;
	const lacking = (): string[] => [
		...(busyWith ? [busyWith] : []),
		...(transport?.missing() ?? []),
		...(transport ? topologyInConflict(transport, settings) : []),
		...monitor.missing(),
	];
	const monitor = await startMonitor({ broker, settings, missing: lacking, refuse: onFatal });
	undo.push(() => monitor.stop());

	const embedded = needsEmbedded(settings) ? await startEmbedded(settings, broker, onFatal) : undefined;
	if (embedded) undo.push(() => embedded.stop());
	const databases = databasesOf(settings, embedded?.url);
	await reachDatabases(databases, patience);
	// Before anything else is done there: a process that is refused must not have migrated anything.
	for (const database of databases.all) {
		const place = await placeOn(database, !settings.amqpUrl, onFatal, patience);
		undo.push(() => place.release());
	}
	const isCurrencyKnown = await refuseOtherCurrency(databases.all, settings.currency, patience);
	const letGoOfId = await takeNodeId(broker, settings, patience);
	undo.push(letGoOfId);
	const { known, applied, access, warnings } = await prepareDatabases(databases);
	if (applied.length > 0) logOf(broker).info(`Applied ${applied.length} migrations`);
	for (const warning of warnings) logOf(broker).warn(warning);
	if (settings.redisUrl) await reachRedis(settings.redisUrl, patience);

	// Before anything is declared or published: a shop that is refused must not have disturbed the other one.
	const currency = { code: settings.currency, isSettled: isCurrencyKnown || settings.services.includes("products") };
	const shop = await settleShop(known, currency, settings.amqpUrl, patience);
	const { shopId, stop: stopLearning } = learnShopId(shop, settings.amqpUrl);
	undo.push(stopLearning);
	nameCache(broker, shop.id);
	transport = await openTransport({ settings, access, broker, shop, onFatal, undo });
	monitor.watch(access);
	const resources: Resources = {
		settings,
		shopId,
		jwtSecret: await jwtSecret(settings),
		transport,
		topology,
		publicUrl: () => settings.publicUrl ?? (settings.production ? undefined : urlOf(broker, settings)),
		database: access.of,
		missing: lacking,
		absent: () => absentServices(broker),
		alone: !settings.amqpUrl,
	};
	for (const name of settings.services) broker.createService(services[name](resources));
	undo.push(stopBroker);
	await broker.start();
	await letGoOfId();
	if (shop.isCurrencySettled) await keepCurrency(databases.all, settings.currency, patience);
	const data = await firstData(broker, settings);
	await serveFromTheFirstRequest(broker);
	await hearOfTheOthers(broker);
	await monitor.compareClocks();
	busyWith = undefined;
	const drain = async (): Promise<void> => {
		busyWith = "stop";
		await gatewayOf(broker)?.drain();
	};
	return { broker, settings, url: urlOf(broker, settings), firstData: data, missing: lacking, drain, stop };
}

/**
 * What this node's own services can't use. A gateway alone is ready whatever becomes of cart's queues: those who depend
 * on them say so.
 */
function topologyInConflict(transport: EventTransport, { services: hosted }: Settings): string[] {
	return transport
		.conflicts()
		.filter(({ name, of }) => hosted.some((service) => (of ?? name).startsWith(`${service}.`)))
		.map(({ kind, name }) => `topology: ${kind} ${name}`);
}

/** The gateway started before the services beside it, and waits for a burst of news to end: a ready node doesn't. */
async function serveFromTheFirstRequest(broker: ServiceBroker): Promise<void> {
	await gatewayOf(broker)?.prepareGraphQLSchema();
}

function gatewayOf(broker: ServiceBroker): GatewayService | undefined {
	return broker.getLocalService("gateway") as unknown as GatewayService | undefined;
}

/**
 * Nodes that are started together hear of each other a moment after each is up; until then their calls would find nobody.
 * Who is not there is not waited for long: they come in any order, and this one works without them as well as it can.
 */
async function hearOfTheOthers(broker: ServiceBroker): Promise<void> {
	const deadline = performance.now() + HEARING_MS_MAX;
	let absent = absentServices(broker);
	for (; absent.length > 0 && performance.now() < deadline; absent = absentServices(broker))
		await pause(HEARING_LOOK_MS);
	if (absent.length > 0) logOf(broker).info(`Ready without ${absent.join(", ")}: not there yet`);
}

/** Without a broker between nodes, all services have to be in one process. */
function refuseHalfAShop({ amqpUrl, services: hosted }: Settings): void {
	if (amqpUrl || hosted.length === SERVICE_NAMES.length) return;
	throw new SettingsError(
		"SERVICES",
		"names a part of the services, and without AMQP_URL one process hosts all of them",
	);
}

async function startEmbedded(settings: Settings, broker: ServiceBroker, onFatal: OnFatal): Promise<EmbeddedPostgres> {
	const embedded = await startEmbeddedPostgres({ dataDir: settings.dataDir, log: (line) => logOf(broker).info(line) });
	void embedded.exited.then((reason) => onFatal(`The embedded database has ended: ${reason}`));
	return embedded;
}

/** Nobody else hears of a process without a broker. @throws {NodeIdTakenError} {@link UnreachableError} */
async function takeNodeId(
	{ transit }: ServiceBroker,
	{ amqpUrl }: Settings,
	patience: Patience | undefined,
): Promise<() => Promise<void>> {
	const { tx } = transit ?? {};
	if (!(amqpUrl && tx instanceof RabbitmqTransporter)) return () => Promise.resolve();
	return holdNodeId(amqpUrl, tx.identity(), patience);
}

/** @throws {SecondProcessError} {@link UnreachableError} */
async function placeOn(
	{ variable, url }: NodeDatabase,
	alone: boolean,
	onFatal: OnFatal,
	patience: Patience | undefined,
): Promise<Place> {
	let taken: Place | SecondProcessError | undefined;
	const attempt = async (): Promise<void> => {
		try {
			taken = await takePlace(url, alone, onFatal);
		} catch (error) {
			if (!(error instanceof SecondProcessError)) throw error;
			taken = error;
		}
	};
	await reach(variable, url, attempt, patience);
	if (taken instanceof SecondProcessError) throw taken;
	return taken!;
}

interface Opening extends Pick<Start, "settings" | "onFatal" | "undo"> {
	access: Access;
	broker: ServiceBroker;
	shop: Shop;
}

async function openTransport({ settings, access, broker, shop, onFatal, undo }: Opening): Promise<EventTransport> {
	const log = broker.getLogger("events");
	const node = broker.nodeID;
	let transport: EventTransport;
	if (settings.amqpUrl) {
		const onLost = (error: ClaimedError): void => onFatal(shop.lostTo(error).message);
		transport = rabbitmqTransport({
			url: settings.amqpUrl,
			node,
			release,
			claims: { all: shop.claims, onLost },
			log,
		});
	} else {
		const share = sharePool(access.of("events"));
		undo.push(() => share.release());
		transport = postgresTransport({ database: share.database, node, release, log });
	}
	undo.push(() => transport.close());
	await transport.connect();
	await transport.declare(topology);
	return transport;
}

function urlOf(broker: ServiceBroker, { http }: Settings): string | undefined {
	const address = gatewayOf(broker)?.server?.address() as AddressInfo | null | undefined;
	return address ? openAddress(http.host, address.port) : undefined;
}

/** In reverse order; one that fails must not keep the others from stopping. */
async function stopAll(undo: readonly (() => Promise<void>)[]): Promise<void> {
	const failures: unknown[] = [];
	for (const each of undo.toReversed()) {
		try {
			await each();
		} catch (error) {
			failures.push(error);
		}
	}
	if (failures.length > 0)
		throw new AggregateError(failures, `Not everything could be stopped: ${failures.map(String).join("; ")}`);
}
