import { randomUUID } from "node:crypto";
import { ServiceBroker } from "moleculer";
import type { SagaViews } from "./looking";
import { operatorActions } from "./operator.actions";
import type { ActRequest } from "./operator";

const broker = new ServiceBroker({ logger: false });
const acts: ActRequest[] = [];

beforeAll(async () => {
	const views = { story: async () => undefined } as unknown as SagaViews;
	const act = async (request: ActRequest): Promise<void> => void acts.push(request);
	broker.createService({ name: "trips", actions: operatorActions({ act, views: () => views }) });
	await broker.start();
});
afterAll(() => broker.stop());

const retry = (said: object) =>
	broker.call("trips.retrySaga", { sagaId: randomUUID(), by: "ada", reason: "it rained", ...said });

test("an operator says who they are and why, and both are kept without what nobody sees around them", async () => {
	await retry({ by: " ada\u200b", reason: "\u2060the agency\ncalled \ufeff" });

	expect(acts.at(-1)).toMatchObject({ decision: { by: "ada", reason: "the agency\ncalled" } });
});

test.each([
	["reason", "  "],
	["reason", "\u200b\u200b\u200b"],
	["reason", " no"],
	["reason", undefined],
	["reason", "a\u001b[2Jb"],
	["by", "\u200b"],
	["by", "ada\nand grace"],
	["by", 7],
])("a decision whose %s is %j is refused by name", async (field, said) => {
	await expect(retry({ [field]: said })).rejects.toMatchObject({
		type: "VALIDATION_ERROR",
		data: [{ field, message: expect.stringContaining(`'${field}'`) }],
	});
});
