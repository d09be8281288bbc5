import { connect, type ChannelModel } from "amqplib";
import { claimAll, ClaimedError, holderOf, type Claim } from "../../mixins/events/rabbitmq/claims";
import { channelsOn } from "../../mixins/events/rabbitmq/connection";
import { onChannel, type Channels } from "../../mixins/events/rabbitmq/declare";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import { wireTo } from "../support/proxy";
import { describeOnRabbitMQ } from "../support/servers";
import { until } from "../support/until";
import { onRabbitMQ } from "./rabbitmq.stage";
import { messageTo, QUIET, recorder } from "./transport.stage";

const ADA = "ada0000000000000";
const BOB = "b0b0000000000000";

describeOnRabbitMQ("claims on a virtual host", () => {
	const here = onRabbitMQ();
	let connection: ChannelModel;
	let on: Channels;
	let names = 0;

	beforeEach(async () => {
		names++;
		connection = await connect(here.vhost.url);
		on = channelsOn(connection);
	});
	afterEach(() => connection.close());

	/** Names that no other test uses. */
	const claimsOf = (holder: string, count = 2): Claim[] =>
		Array.from({ length: count }, (_, n) => ({ name: `claimed${names}.${n}`, holder }));

	const holders = (claims: readonly Claim[]) => Promise.all(claims.map(({ name }) => holderOf(on, name)));

	test("of ten who claim the same at once, one has it all, and the others are told who", async () => {
		const crowd = Array.from({ length: 10 }, (_, n) => claimsOf(`${n}00000000000000`));

		const answers = await Promise.allSettled(crowd.map((claims) => claimAll(on, claims)));

		const [holder, other] = await holders(crowd[0]!);
		expect(other).toBe(holder);
		const refusals = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as unknown] : []));
		expect(refusals).toHaveLength(9);
		for (const refusal of refusals) expect(refusal).toMatchObject({ name: "ClaimedError", holder });
	});

	test("what is claimed may be claimed again by its holder, and outlives RabbitMQ", async () => {
		const claims = claimsOf(ADA);

		await claimAll(on, claims);
		await claimAll(on, claims);

		expect(await holders(claims)).toEqual([ADA, ADA]);
		const passing = { durable: false, internal: true };
		const asPassing = onChannel(on, (channel) => channel.assertExchange(claims[0]!.name, "fanout", passing));
		await expect(asPassing).rejects.toThrow("'durable'");
	});

	test("who is refused one of them has taken none", async () => {
		const [first, second] = claimsOf(ADA) as [Claim, Claim];
		await claimAll(on, [{ ...second, holder: BOB }]);

		await expect(claimAll(on, [first, second])).rejects.toThrow(new ClaimedError(second, BOB));

		expect(await holders([first, second])).toEqual([undefined, BOB]);
	});

	test("who loses the second in the very moment gives the first one back", async () => {
		const [first, second] = claimsOf(ADA) as [Claim, Claim];
		let opened = 0;
		// Two looks, the first one taken, and then the second.
		const overtaken: Channels = {
			async channel(ended) {
				if (++opened === 4) await claimAll(on, [{ ...second, holder: BOB }]);
				return on.channel(ended);
			},
		};

		await expect(claimAll(overtaken, [first, second])).rejects.toThrow(new ClaimedError(second, BOB));

		expect(await holders([first, second])).toEqual([undefined, BOB]);
	});

	test("an exchange of that name which is no claim belongs to somebody else, and nobody can tell who", async () => {
		const [claim, other] = claimsOf(ADA) as [Claim, Claim];
		await here.asAdmin((channel) => channel.assertExchange(claim.name, "topic", { durable: true }));
		await here.asAdmin((channel) => channel.assertExchange(other.name, "fanout", { durable: true, internal: true }));

		for (const each of [claim, other]) {
			await expect(claimAll(on, [each])).rejects.toThrow(new ClaimedError(each, undefined));
		}
	});

	test("what somebody has deleted is taken again by a running program", async () => {
		const claims = claimsOf(ADA);
		const onLost = jest.fn();
		const transport = rabbitmqTransport({
			url: here.vhost.url,
			node: "keeper",
			claims: { all: claims, onLost, everyMs: 50 },
			log: QUIET,
		});
		await transport.connect();
		try {
			expect(await holders(claims)).toEqual([ADA, ADA]);

			await here.asAdmin((channel) => channel.deleteExchange(claims[0]!.name));

			await until(async () => (await holderOf(on, claims[0]!.name)) === ADA, { what: "the claim to be taken again" });
			expect(onLost).not.toHaveBeenCalled();
		} finally {
			await transport.close();
		}
	});

	test("a program that was cut off while its virtual host changed hands says so, and takes and sends nothing there", async () => {
		const { exchange, queue } = here.names();
		const claims = claimsOf(ADA);
		await using wire = await wireTo(here.vhost.url);
		const lost: ClaimedError[] = [];
		const transport = rabbitmqTransport({
			url: wire.url,
			node: "late",
			claims: { all: claims, onLost: (error) => lost.push(error), everyMs: 60_000 },
			log: QUIET,
		});
		await transport.connect();
		try {
			await transport.declare({ exchanges: [exchange], queues: [queue] });
			const seen = recorder();
			await transport.consume(queue, seen.handle);
			await here.asAdmin((channel) => channel.deleteExchange(claims[1]!.name));
			await claimAll(on, [{ ...claims[1]!, holder: BOB }]);

			wire.cut();
			await until(() => lost.length > 1, { what: "both of its connections to be refused" });
			await here.asAdmin(async (channel) => channel.publish(exchange, "any", Buffer.from("not for it")));

			expect(lost[0]).toEqual(new ClaimedError(claims[1]!, BOB));
			expect(transport.missing()).toEqual(["rabbitmq"]);
			expect(await transport.publish([messageTo(exchange)])).toMatchObject([{ confirmed: false }]);
			expect(await here.asAdmin((channel) => channel.checkQueue(queue.name))).toMatchObject({
				messageCount: 1,
				consumerCount: 0,
			});
			expect(seen.deliveries).toEqual([]);
		} finally {
			await transport.close();
		}
	});
});
