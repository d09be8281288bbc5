/**
 * How much of everything. The short form runs beside other tests on two cores, the long one (`npm run faults`) alone.
 */
export interface Form {
	/** Letters a second, of all writers together. */
	perSecond: number;
	/** Nobody writes while so many letters are not read yet: what a fault has held up shall be over in time. */
	waitingMax: number;
	/** How often each process is killed. */
	kills: number;
	/** How long the broker is away. */
	awayMs: number;
	/** How long there is calm, for what must not happen in calm. */
	calmMs: number;
	/** Between two faults, so that each one meets work in full swing. */
	swingMs: number;
	/** How many letters a slow reader has before it. */
	backlog: number;
	/** I9: from the end of a fault to the first letter read by each consumer that was written after it, … */
	recoveryMsMax: number;
	/** … and so much longer for each letter that the fault has held up: those are older, and are read first. */
	heldUpMs: number;
}

const SHORT: Form = {
	perSecond: 100,
	waitingMax: 500,
	kills: 2,
	awayMs: 5_000,
	calmMs: 3_000,
	swingMs: 500,
	backlog: 300,
	// Ten seconds are promised; a machine that runs other tests meanwhile may need more for the same.
	recoveryMsMax: 30_000,
	heldUpMs: 4,
};

const LONG: Form = {
	perSecond: 400,
	waitingMax: 30_000,
	kills: 8,
	awayMs: 60_000,
	calmMs: 30_000,
	swingMs: 2_000,
	backlog: 20_000,
	recoveryMsMax: 10_000,
	heldUpMs: 2,
};

export const form: Form = process.env["FAULTS"] === "long" ? LONG : SHORT;

/** What happens at random happens again with the same seed, as far as processes that race each other allow. */
export const seed = Number(process.env["FAULTS_SEED"] ?? 1);
