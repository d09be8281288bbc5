import { createServer, type AddressInfo } from "node:net";
import { rabbitmqModel, type RabbitmqModel } from "./model";

/** A model that real clients reach. */
export interface ListeningModel extends AsyncDisposable {
	/** amqp://guest:guest@127.0.0.1:port */
	readonly url: string;
	readonly model: RabbitmqModel;
}

/** Serves a model of its own on a free port of this machine, with real time. */
export async function listen(): Promise<ListeningModel> {
	const model = rabbitmqModel({
		soon: (_what, work) => void setImmediate(work),
		after(ms, work) {
			const timer = setTimeout(work, ms);
			return () => clearTimeout(timer);
		},
		nowMs: () => Date.now(),
		random: () => Math.random(),
	});
	const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
		const connection = model.accept({ send: (bytes) => void socket.write(bytes), end: () => void socket.end() });
		socket.on("data", (bytes) => connection.receive(bytes));
		// Its end is told to the client by a reset, and to the model by the end that follows.
		socket.on("error", () => connection.lost());
		socket.on("end", () => socket.end());
		socket.on("close", () => connection.lost());
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `amqp://guest:guest@127.0.0.1:${port}`,
		model,
		async [Symbol.asyncDispose]() {
			model.stop();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}
