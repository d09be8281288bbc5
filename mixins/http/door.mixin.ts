import type { RequestListener, Server } from "node:http";
import type { Service, ServiceSchema } from "moleculer";
import { defineMixin } from "../define";
import { followConnections, type Connections } from "./connections";
import { httpServer, type HttpServerOptions } from "./http-server";

/** What the mixin adds to the gateway. */
export interface WithDoor {
	/** moleculer-web's. */
	server?: Server;
	connections: Connections;
	/** Before a stop, while everything still works. */
	drain(): Promise<void>;
}

/**
 * The HTTP server of a gateway, in the place of moleculer-web's: that one waits five minutes for a request, closes
 * connections that a balancer keeps, and resets them when it stops. For a service with ApiGateway, and before it; behind
 * Apollo, which answers who wants a WebSocket, and whose sockets close first.
 */
export function Door(options: HttpServerOptions): Partial<ServiceSchema> {
	return defineMixin<WithDoor>({
		methods: {
			createServer(this: Service & WithDoor) {
				this.server ??= httpServer((this as unknown as { httpHandler: RequestListener }).httpHandler, options);
			},
			async drain() {
				await this.connections.drain();
			},
		},
		created() {
			this.connections = followConnections(this.server!);
			this.server!.on("upgrade", ({ socket }) => this.connections.handOver(socket));
		},
		async stopped() {
			await this.connections.close();
		},
	});
}
