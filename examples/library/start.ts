import { startNode, type ServiceName } from "./node";

/** Of books that are always the same, so that the example may be run again. */
const BOOKS = [
	["0b1f5d3e-0000-4000-8000-000000000001", "The Left Hand of Darkness"],
	["0b1f5d3e-0000-4000-8000-000000000002", "Invisible Cities"],
	["0b1f5d3e-0000-4000-8000-000000000003", "Middlemarch"],
] as const;

/**
 * `npm run example`: the desk lends three books to Ada. `npm run example desk` and `npm run example notices` host one
 * of the two services each, for two terminals. Ctrl-C ends it.
 */
async function main(): Promise<void> {
	const { DATABASE_URL: databaseUrl, AMQP_URL: amqpUrl } = process.env;
	if (!databaseUrl)
		throw new Error("DATABASE_URL is missing: an empty PostgreSQL database, see examples/library/README.md");
	const [, , only] = process.argv;
	if (only && !amqpUrl) throw new Error("AMQP_URL is missing: without RabbitMQ one process hosts both services");
	const services: ServiceName[] = only ? [only as ServiceName] : ["desk", "notices"];

	const node = await startNode({ services, databaseUrl, amqpUrl });
	const end = async (): Promise<void> => {
		await node[Symbol.asyncDispose]();
		process.exit(0);
	};
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end());

	if (!services.includes("desk")) return;
	for (const [id, title] of BOOKS) {
		await node.broker.call("desk.add", { id, title });
		const lent = node.broker.call("desk.lend", { bookId: id, member: "Ada" });
		await lent.catch((error: Error) => node.broker.logger.info(error.message));
	}
	node.broker.logger.info("The desk has lent what was there. Ctrl-C ends it.");
}

main().catch((error: unknown) => {
	process.stderr.write(`${(error as Error).message}\n`);
	process.exit(1);
});
