import type { Context, Service, ServiceSchema } from "moleculer";
import type { WithDatabase } from "../database/database.mixin";
import { lineOf, textOf } from "../params/texts";
import type { Act } from "./act";
import { SAGAS_MAX, type SagaFilter, type SagaStory, type SagaSummary, type SagaViews } from "./looking";
import type { ActRequest } from "./operator";

/** What the actions stand on; each is asked when they are called, since actions are there before the service has started. */
export interface OperatorActionsOptions {
	act(request: ActRequest): Promise<void>;
	views(service: WithDatabase): SagaViews;
}

type ActParams = { sagaId: string; step?: string; by: string; reason: string };
type ListParams = { filter: SagaFilter; saga?: string; limit: number };

const acting = {
	$$strict: true,
	sagaId: "uuid",
	by: lineOf(1, 200),
	reason: textOf(3, 1_000),
};
const step = { type: "string", min: 1, max: 200 };

/**
 * How operators look at a service's sagas and decide about them. For other services and the console only: none has an
 * `access`, so no client reaches them. Each act answers with the saga as it is right after it.
 */
export function operatorActions({ act, views }: OperatorActionsOptions): ServiceSchema["actions"] {
	const doing = (what: Act) =>
		async function (this: Service, ctx: Context<ActParams>): Promise<SagaStory> {
			const { sagaId, step, by, reason } = ctx.params;
			await act({ act: what, sagaId, step, decision: { by, reason } });
			this.logger.info(`${by} has decided about the saga ${sagaId}: ${what}, because ${reason}`);
			return views(this as unknown as WithDatabase).story(sagaId);
		};

	return {
		/** Lists sagas: those that fail, unless another `filter` is given. */
		sagas: {
			params: {
				$$strict: true,
				filter: { type: "enum", values: ["failing", "waiting", "unfinished", "all"], default: "failing" },
				saga: { type: "string", max: 100, optional: true },
				limit: { type: "number", integer: true, min: 1, max: SAGAS_MAX, default: SAGAS_MAX },
			},
			handler(this: Service, ctx: Context<ListParams>): Promise<SagaSummary[]> {
				return views(this as unknown as WithDatabase).list(ctx.params);
			},
		},
		/** One saga's whole story. */
		saga: {
			params: { $$strict: true, sagaId: "uuid" },
			handler(this: Service, ctx: Context<{ sagaId: string }>): Promise<SagaStory> {
				return views(this as unknown as WithDatabase).story(ctx.params.sagaId);
			},
		},
		/** Which of some sagas are over, for those that take part in them: what they remember of these is not needed. */
		sagasOver: {
			params: { $$strict: true, sagaIds: { type: "array", items: "uuid", max: 1_000 } },
			handler(this: Service, ctx: Context<{ sagaIds: string[] }>): Promise<string[]> {
				return views(this as unknown as WithDatabase).over(ctx.params.sagaIds);
			},
		},
		retrySaga: { params: { ...acting, step: { ...step, optional: true } }, handler: doing("retry") },
		/** The step has to be named: asked twice, it must not skip two. */
		skipSagaStep: { params: { ...acting, step }, handler: doing("skip") },
		completeSaga: { params: { ...acting, step: { ...step, optional: true } }, handler: doing("complete") },
	} as ServiceSchema["actions"];
}
