import type { Control } from "../world/postgres/control";

/** What can't be written into a book of the shop's or of its provider's, and which write of which table that is. */
const WRITES = {
	capture: ["sandbox_provider.ledger", "INSERT", "NEW.kind = 'capture'"],
	refund: ["sandbox_provider.ledger", "INSERT", "NEW.kind = 'refund'"],
	void: ["sandbox_provider.ledger", "INSERT", "NEW.kind = 'void'"],
	release: ["catalog.reservations", "UPDATE", "NEW.state = 'RELEASED'"],
	"give the cart back": ["cart.carts", "UPDATE", "OLD.status = 'CHECKING_OUT' AND NEW.status = 'ACTIVE'"],
} as const;

export type Refused = keyof typeof WRITES;
export const REFUSED = Object.keys(WRITES) as readonly Refused[];

/** What the shop is told begins so. */
export const BOOK_REFUSES = "this book refuses a ";

/** In a schema of its own, which is emptied with the others. */
const SCHEMA = "refusing";

/**
 * Lets a database refuse some writes while it is asked to: each attempt fails, as it does with a constraint that is wrong
 * or a provider that captures nothing today, until a saga has used up its attempts.
 */
export async function makeRefusable(control: Pick<Control, "query">): Promise<void> {
	await control.query(`CREATE SCHEMA ${SCHEMA}`);
	await control.query(`CREATE TABLE ${SCHEMA}.now (what text PRIMARY KEY)`);
	await control.query(`CREATE FUNCTION ${SCHEMA}.refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
		IF EXISTS (SELECT FROM ${SCHEMA}.now WHERE what = TG_ARGV[0]) THEN RAISE EXCEPTION '${BOOK_REFUSES}%', TG_ARGV[0]; END IF;
		RETURN NEW; END $$`);
	for (const [what, [table, event, when]] of Object.entries(WRITES)) {
		await control.query(`CREATE TRIGGER "refuses a ${what}" BEFORE ${event} ON ${table}
			FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION ${SCHEMA}.refuse('${what}')`);
	}
}

/** Also of what is under way: whether it is refused is asked when it is written. */
export async function refuse(control: Control, what: Refused): Promise<void> {
	await control.query(`INSERT INTO ${SCHEMA}.now VALUES ($1) ON CONFLICT DO NOTHING`, [what]);
}

export async function takeAgain(control: Control, what: Refused): Promise<void> {
	await control.query(`DELETE FROM ${SCHEMA}.now WHERE what = $1`, [what]);
}
