import type { Explanation } from "./explained";

const NO_MOMENT = "it differs in one millisecond of the database's clock";
const AWAITED = "what it returns is awaited, and nobody reads it";
const IN_LEDGER = "what was just written is in the ledger: it is asked once more, with the same answer";

const payments = (file: string, at: string, why: string, to?: string): Explanation => ({
	file: `services/payments/${file}`,
	at,
	why,
	...(to !== undefined && { to }),
});

/** Of payments. */
export const explainedInPayments: readonly Explanation[] = [
	payments("by-hand.ts", "«!refunded»", "a payment that is refunded is not authorised, so nothing is moved", "true"),
	payments("by-hand.ts", "catch (error)", "the failed transaction fails again at its next statement", "{}"),
	payments(
		"by-hand.ts",
		"«!(error instanceof StepUndoneError)»",
		"the failed transaction fails again at its next statement",
		"false",
	),
	payments("by-hand.ts", "«() => Promise.resolve()»", AWAITED),
	payments("void.ts", "«() => Promise.resolve()»", AWAITED),
	payments("capture-over.ts", "overForMs > ON_ITS_WAY_MS", NO_MOMENT, "overForMs >= ON_ITS_WAY_MS"),
	payments(
		"capture-over.ts",
		"«STEP_MS + 1_000»",
		"it is two seconds shorter: a call would have to be on its way for more than six to be taken for over",
	),
	payments("capture-over.ts", "} catch", "its caller takes nothing for false", "{}"),
	payments("settle.ts", "unmovedForMs > ON_ITS_WAY_MS", NO_MOMENT, "unmovedForMs >= ON_ITS_WAY_MS"),
	payments("providers/sandbox.ts", "«recorded.rowCount === 1»", IN_LEDGER, "false"),
];
