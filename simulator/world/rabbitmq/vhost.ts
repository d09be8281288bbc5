import { assertSameArguments, assertSameProperty, assertValidQueue } from "./arguments";
import { ACCESS_REFUSED, AmqpError, commandInvalid, locked, named, notFound, preconditionFailed } from "./errors";
import { bind, boundTo, EXCHANGE_TYPES, unbind, type Exchange } from "./exchange";
import type { Gathering } from "./gathering";
import type { Message } from "./message";
import { queueOf, type Queue, type QueueDeclaration } from "./queue";
import { once, type Surroundings } from "./surroundings";

/** The exchanges and queues of the model's one virtual host. */
export interface Vhost {
	/** @throws when it is there and another one, or can't be */
	declareQueue(declaration: QueueDeclaration, connection: number): Queue;
	/** @throws {AmqpError} when it is not there, or somebody else's alone */
	queue(name: string, connection: number): Queue;
	queues(): readonly Queue[];
	has(queue: string): boolean;
	/** @returns how many messages were ready */
	deleteQueue(queue: Queue): number;
	declareExchange(declaration: Omit<Exchange, "bindings">): void;
	/** @throws {AmqpError} when it is not there */
	exchange(name: string): Exchange;
	deleteExchange(name: string, options: { ifUnused: boolean }): void;
	bind(queue: Queue, exchange: string, key: string): void;
	/** What is not there is as good as unbound. */
	unbind(queue: string, exchange: string | undefined, key: string | undefined): void;
	/** @throws {AmqpError} when there is no such exchange */
	route(message: Message): Queue[];
	/** Each queue takes it; `committed` hears which have, as soon as it is known of all. */
	enqueue(message: Message, queues: readonly Queue[], committed: (by: readonly Queue[]) => void): void;
	/** What doesn't survive the server is gone. */
	crash(): void;
}

export function vhost(surroundings: Surroundings, gathering: Gathering): Vhost {
	const exchanges = new Map<string, Exchange>();
	const queues = new Map<string, Queue>();

	function enqueue(message: Message, targets: readonly Queue[], committed: (by: readonly Queue[]) => void): void {
		const by: Queue[] = [];
		let open = targets.length;
		if (open === 0) committed(by);
		for (const target of targets) {
			target.take(message, (isTaken) => {
				if (isTaken) by.push(target);
				if (--open === 0) committed(by);
			});
		}
	}

	/** The default exchange is bound to each queue by its name. */
	function routed(exchange: string, routingKey: string, passed = new Set<string>()): string[] {
		if (exchange === "") return [routingKey];
		const found = exchanges.get(exchange);
		if (!found || passed.has(exchange)) return [];
		const names = boundTo(found, routingKey);
		const alternate = found.arguments["alternate-exchange"];
		if (names.length > 0 || typeof alternate !== "string") return names;
		return routed(alternate, routingKey, passed.add(exchange));
	}

	function queuesOf(names: readonly string[]): Queue[] {
		return names.flatMap((name) => queues.get(name) ?? []);
	}

	/** Of a queue that was made anew under its name as well. */
	const soon = once(surroundings, gathering);

	const world = {
		...surroundings,

		soon,
		publish(message: Message, confirmed: (isTaken: boolean) => void): number {
			const targets = queuesOf(routed(message.exchange, message.routingKey));
			if (targets.length > 0) enqueue(message, targets, (by) => confirmed(by.length === targets.length));
			return targets.length;
		},
		remove: (queue: Queue) => void deleteQueue(queue),
	};

	function deleteQueue(queue: Queue): number {
		if (queues.get(queue.name) !== queue) return 0;
		queues.delete(queue.name);
		unbindFrom([...exchanges.values()], queue.name);
		const { consumers, ready } = queue.end();
		const cancel = (): void => {
			const anew = queues.get(queue.name);
			for (const consumer of consumers) {
				// As RabbitMQ 3.10 does it with quorum queues, every time.
				if (anew?.isQuorum && queue.isQuorum) consumer.adopted(anew);
				else consumer.cancelled();
			}
		};
		if (!queue.isQuorum) cancel();
		else if (consumers.length > 0) soon(`cancel ${queue.name}`, cancel);
		return ready;
	}

	function unbindFrom(from: readonly Exchange[], queue: string, key?: string): void {
		for (const exchange of from) {
			const before = exchange.bindings.length;
			unbind(exchange, queue, key);
			const isLast = before > 0 && exchange.bindings.length === 0;
			if (isLast && exchange.autoDelete) exchanges.delete(exchange.name);
		}
	}

	function exchangeNamed(name: string): Exchange {
		const found = exchanges.get(name);
		if (found) return found;
		if (name !== "") throw notFound("exchange", name);
		throw new AmqpError(ACCESS_REFUSED, "operation not permitted on the default exchange");
	}

	return {
		declareQueue(declaration, connection) {
			const existing = queues.get(declaration.name);
			if (existing) {
				if (existing.owner !== undefined && existing.owner !== connection) throw locked(existing.name);
				existing.assertSame(declaration);
				return existing;
			}
			assertValidQueue(declaration);
			const queue = queueOf(declaration, declaration.exclusive ? connection : undefined, world);
			queues.set(queue.name, queue);
			return queue;
		},
		queue(name, connection) {
			const found = queues.get(name);
			if (!found) throw notFound("queue", name);
			if (found.owner !== undefined && found.owner !== connection) throw locked(name);
			return found;
		},
		queues: () => [...queues.values()],
		has: (queue) => queues.has(queue),
		deleteQueue,
		declareExchange(declaration) {
			const { name, type, durable, autoDelete, internal, arguments: args } = declaration;
			if (!EXCHANGE_TYPES.includes(type)) throw commandInvalid(`invalid exchange type '${type}'`);
			const existing = name === "" ? exchangeNamed("") : exchanges.get(name);
			if (!existing) return void exchanges.set(name, { ...declaration, bindings: [] });
			assertSameProperty("exchange", name, "type", type, existing.type);
			assertSameProperty("exchange", name, "durable", durable, existing.durable);
			assertSameProperty("exchange", name, "auto_delete", autoDelete, existing.autoDelete);
			assertSameProperty("exchange", name, "internal", internal, existing.internal);
			assertSameArguments("exchange", name, args, existing.arguments);
		},
		exchange: exchangeNamed,
		deleteExchange(name, { ifUnused }) {
			if (name === "") exchangeNamed("");
			const isUsed = (exchanges.get(name)?.bindings.length ?? 0) > 0;
			if (ifUnused && isUsed) throw preconditionFailed(`${named("exchange", name)} in use`);
			exchanges.delete(name);
		},
		bind: (queue, exchange, key) => bind(exchangeNamed(exchange), queue.name, key),
		unbind(queue, exchange, key) {
			if (exchange === "") exchangeNamed("");
			const from = exchange === undefined ? [...exchanges.values()] : [exchanges.get(exchange)];
			unbindFrom(
				from.filter((each) => each !== undefined),
				queue,
				key,
			);
		},
		route({ exchange, routingKey }) {
			if (exchange !== "" && exchangeNamed(exchange).internal) {
				throw new AmqpError(ACCESS_REFUSED, `cannot publish to internal ${named("exchange", exchange)}`);
			}
			return queuesOf(routed(exchange, routingKey));
		},
		enqueue,
		crash() {
			for (const queue of queues.values()) if (!queue.durable || queue.exclusive) deleteQueue(queue);
			for (const { name, durable } of exchanges.values()) if (!durable) exchanges.delete(name);
			for (const queue of queues.values()) queue.crash();
		},
	};
}
