import type { Explanation } from "./explained";

const KEYS = "tests/mixins/idempotency.int.test.ts fails with it";
const OLD_KEYS = "keys are forgotten after days, and a simulation lasts minutes: tests/journeys/retention.int.test.ts";
const NOTES =
	"the notes keep the search for missed events from sending again what is tried again by itself, and an inbox absorbs what " +
	"is sent twice; tests/mixins/overdue-events.int.test.ts fails without them";
const LETTERS =
	"it is asked about dead letters and missed events, which few plans have; " +
	"tests/mixins/dead-letters-mixin.int.test.ts fails without it";
const OLD_NOTES =
	"what is cleared away is older than any simulation; tests/mixins/event-days.int.test.ts fails where nothing is: " +
	'"whoever listens also forgets what was noted of events that are too old"';
const SAME_ORDER =
	"a field has one name, so that none is compared with itself, and any order is the same for both requests";

const keys = (at: string, why: string, to?: string): Explanation => ({
	file: "mixins/idempotency/idempotency.ts",
	at,
	why,
	...(to !== undefined && { to }),
});

/** Of idempotency keys and inboxes. */
export const explainedInInboxes: readonly Explanation[] = [
	keys("constructor(key: string)", `nobody uses a key for two requests: ${KEYS}`),
	keys("super(", "what the error says beside its code, and nobody uses a key for two requests"),
	keys("row.request_hash.equals", `nobody uses a key for two requests: ${KEYS}`, "false"),
	keys("answer === undefined", `it takes a key that is forgotten for its age between two statements: ${KEYS}`, "false"),
	keys("repeated: «true»", KEYS),
	keys("repeated: «false»", KEYS),
	{ file: "mixins/inbox/failures.ts", why: NOTES },
	{ file: "mixins/inbox/handled.ts", why: LETTERS },
	{ file: "mixins/inbox/memory.ts", why: OLD_NOTES },
	{ file: "mixins/idempotency/old-keys.ts", why: OLD_KEYS },
	{ file: "mixins/idempotency/request-hash.ts", at: "a < b", to: "a <= b", why: SAME_ORDER },
	{ file: "mixins/idempotency/request-hash.ts", at: "a < b", to: "a >= b", why: SAME_ORDER },
];
