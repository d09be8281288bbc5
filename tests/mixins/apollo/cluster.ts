import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createClient, type Client } from "graphql-ws";
import { Loggers, ServiceBroker, type Service, type ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import { WebSocket } from "ws";
import { Apollo, type WithApollo } from "../../../mixins/apollo/apollo.mixin";
import type { ApolloOptions } from "../../../mixins/apollo/options";
import { until } from "../../support/until";

export interface GraphQLError {
	message: string;
	path?: string[];
	extensions: { code: string; [detail: string]: unknown };
}

export interface Answer {
	status: number;
	headers: Headers;
	data?: Record<string, unknown> | null;
	errors?: GraphQLError[];
	text: string;
}

export interface Gateway {
	broker: ServiceBroker;
	service: Service & WithApollo;
	url: string;
	/** What was logged at the level `error`. */
	logged: string[];
	post(body: unknown, headers?: Record<string, string>): Promise<Answer>;
	query(query: string, variables?: object, headers?: Record<string, string>): Promise<Answer>;
	/** Sends the query until it is answered without an error: nodes need a moment to hear of each other. */
	untilServed(query: string): Promise<Answer>;
	client(authorization?: string): Client;
	socket(protocol?: string, headers?: Record<string, string>): WebSocket;
}

export interface Cluster extends AsyncDisposable {
	gateway(options?: Partial<ApolloOptions>, own?: Partial<ServiceSchema>): Promise<Gateway>;
	node(name: string, ...services: ServiceSchema[]): Promise<ServiceBroker>;
}

class ErrorsTo extends Loggers.Base<object> {
	constructor(private readonly logged: string[]) {
		super({ level: "error" });
	}

	override getLogHandler() {
		return (type: string, args: unknown[]) => {
			if (type === "error" || type === "fatal") this.logged.push(JSON.stringify(args));
		};
	}
}

/** Brokers of one process that talk over Moleculer's in-memory transporter: everything is serialised as on a wire. */
export function openCluster(): Cluster {
	const namespace = randomUUID();
	const brokers: ServiceBroker[] = [];
	const clients: Client[] = [];

	const start = async (nodeID: string, logger: ErrorsTo | false, services: ServiceSchema[]) => {
		const broker = new ServiceBroker({ namespace, nodeID, logger, transporter: "Fake", requestTimeout: 2_000 });
		const created = services.map((service) => broker.createService(service));
		brokers.push(broker);
		await broker.start();
		return { broker, created };
	};

	/** What is broadcast before a node has heard of the gateway passes it by. */
	const known = (nodeID: string) =>
		until(
			() =>
				brokers
					.filter(({ started }) => started)
					.every(({ registry }) =>
						(registry.getServiceList({}) as { name: string; nodeID: string }[]).some(
							(each) => each.name === "gateway" && each.nodeID === nodeID,
						),
					),
			{ what: `everyone to know ${nodeID}` },
		);

	return {
		async gateway(options = {}, own = {}) {
			const logged: string[] = [];
			const apollo = Apollo({ path: "/graphql", development: false, ...options });
			const schema = {
				name: "gateway",
				mixins: [apollo, ApiGateway as Partial<ServiceSchema>],
				settings: { port: 0, ip: "127.0.0.1" },
				...own,
			} as ServiceSchema;
			const { broker, created } = await start(`gateway-${brokers.length}`, new ErrorsTo(logged), [schema]);
			const service = created[0] as Service & WithApollo;
			await known(broker.nodeID);
			const { port } = service.server!.address() as AddressInfo;
			const url = `http://127.0.0.1:${port}/graphql`;
			const post = async (body: unknown, headers: Record<string, string> = {}) => {
				const text = typeof body === "string" ? body : JSON.stringify(body);
				return answerOf(
					await fetch(url, { method: "POST", body: text, headers: { "content-type": "application/json", ...headers } }),
				);
			};
			const query = (query: string, variables?: object, headers?: Record<string, string>) =>
				post({ query, variables }, headers);
			return {
				broker,
				service,
				url,
				logged,
				post,
				query,
				untilServed: (text) =>
					until(
						async () => {
							const answer = await query(text);
							if (answer.errors) throw new Error(answer.text);
							return answer;
						},
						{ what: `an answer to ${text}` },
					),
				client(authorization) {
					const client = createClient({
						url: url.replace("http", "ws"),
						webSocketImpl: WebSocket,
						retryAttempts: 0,
						lazy: false,
						onNonLazyError: () => {},
						...(authorization !== undefined && { connectionParams: { authorization } }),
					});
					clients.push(client);
					return client;
				},
				socket: (protocol = "graphql-transport-ws", headers = {}) =>
					new WebSocket(url.replace("http", "ws"), protocol ? [protocol] : [], { headers }),
			};
		},
		async node(name, ...services) {
			return (await start(name, false, services)).broker;
		},
		async [Symbol.asyncDispose]() {
			for (const client of clients) await client.dispose();
			await Promise.all(brokers.map((broker) => broker.stop()));
		},
	};
}

async function answerOf(response: Response): Promise<Answer> {
	const text = await response.text();
	const { status, headers } = response;
	const isJson = headers.get("content-type")?.includes("json") ?? false;
	return { status, headers, text, ...(isJson ? (JSON.parse(text) as object) : {}) };
}
