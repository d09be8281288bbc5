/** A mend that is taken away again: what the shop got wrong once. */
export interface TakenAway {
	/** Also the name of its patch in this folder, with dashes. */
	name: string;
	/** The file below tests/ that has it as a case. */
	suite: string;
	/** Where it was decided: the number in docs/adr. */
	adr?: string;
}

/** Only the simulator is asked for these. */
export const mends: TakenAway[] = [
	{ name: "refused step that is not undone", suite: "crowds/inventory.int.test.ts", adr: "0015" },
	{ name: "undo without a tombstone", suite: "mixins/participant.int.test.ts", adr: "0015" },
	{ name: "late approval that is kept", suite: "journeys/paying.int.test.ts", adr: "0013" },
	{ name: "approval after the undo that is kept", suite: "journeys/paying.int.test.ts", adr: "0013" },
	{ name: "authorised only by who moved it", suite: "journeys/several-attempts.int.test.ts", adr: "0013" },
	{ name: "expired stock that is secured", suite: "journeys/time.int.test.ts" },
	{ name: "no search for missed events", suite: "mixins/missed-events.int.test.ts", adr: "0018" },
	{ name: "consumer of a queue that is gone", suite: "mixins/rabbitmq-losses.int.test.ts", adr: "0018" },
	{ name: "currency read before it is settled", suite: "node/currencies.int.test.ts" },
	{ name: "late commit that is overtaken", suite: "mixins/outbox-relay.int.test.ts", adr: "0017" },
	{ name: "route that stays aside", suite: "mixins/outbox-routes.int.test.ts", adr: "0026" },
];
