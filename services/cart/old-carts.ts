import { sql } from "../../mixins/database/statement";
import { INBOX_MEMORY_DAYS } from "../../mixins/inbox/inbox";
import { forgetAggregates } from "../../mixins/outbox/aggregates";
import { removeOldest, type Rule } from "../../mixins/retention/clear-away";

// A cart has a user from the moment in which it is ordered, so what is somebody's stays, whatever its state; and what
// belongs to an order even then. A merged one is empty, and nobody finds it any more. created_at never changes, so its
// index costs nothing when a line is added. Who is about to change a cart has it locked: it is passed over. Questions
// about orders are asked row by row, in a form that the planner can't answer by reading all orders at once.
const removeGuests = sql(
	"cart.remove_old_guests",
	`WITH old AS (
		SELECT id, reference FROM cart.carts
		WHERE user_id IS NULL AND status IN ('ACTIVE', 'MERGED')
			AND created_at < now() - $2 * interval '1 day' AND updated_at < now() - $2 * interval '1 day'
			AND (SELECT order_id FROM cart.checkouts WHERE cart_id = carts.id LIMIT 1) IS NULL
		ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
	), counters AS (${forgetAggregates("cart", "SELECT reference FROM old")})
	DELETE FROM cart.carts WHERE id = ANY (ARRAY(SELECT id FROM old)) RETURNING id`,
);

/** Guests' carts that nobody has changed for so long. To whoever still knows its id, such a cart is not found. */
export function oldGuestCarts(days: number): Rule {
	return { what: "guests' carts", remove: removeGuests, values: [days] };
}

/** An event that is older than what is noted here is refused by then, so that none can bring a note back. */
const NOTE_DAYS = INBOX_MEMORY_DAYS + 1;

// What is sold is held no more, though no event says so: its cart is through. While a cart is being ordered, or waits for
// an operator, its note stays.
const removeNotes = sql(
	"cart.remove_old_held",
	removeOldest(
		"cart.held_stock",
		"noted_at",
		`noted_at < now() - $2 * interval '1 day' AND (
			NOT held OR (
				SELECT settled_at IS NOT NULL AND status <> 'CHECKING_OUT'
				FROM cart.checkouts JOIN cart.carts ON carts.id = checkouts.cart_id WHERE checkouts.order_id = old.order_id
			)
		)`,
	),
);

/** Notes of stock that is not held any more. */
export const oldHeldStock: Rule = { what: "notes of held stock", remove: removeNotes, values: [NOTE_DAYS] };
