import { Errors, type Context, type Service, type ServiceSchema } from "moleculer";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { sql } from "../../mixins/database/statement";
import { defineService } from "../../mixins/define";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { BookLent } from "./desk.events";
import type { Resources } from "./resources";
import { topology } from "./topology";

type DeskService = Service & WithDatabase & WithOutbox;

/** Somebody else has it: another try won't help before it is back. */
class BookNotThereError extends Errors.MoleculerClientError {
	constructor(bookId: string) {
		super(`The book ${bookId} is not there`, 409, "BOOK_NOT_THERE", { bookId });
	}
}

const add = sql("desk.add", "INSERT INTO desk.books (id, title) VALUES ($1, $2) ON CONFLICT DO NOTHING");
const take = sql(
	"desk.take",
	`UPDATE desk.books SET lent_to = $2, due = current_date + 14 WHERE id = $1 AND lent_to IS NULL
	RETURNING title, due::text`,
);

/** Lends books. */
export default function desk({ databaseUrl, transport }: Resources): ServiceSchema {
	return defineService<DeskService>({
		name: "desk",
		mixins: [Outbox({ schema: "desk", transport, topology }), Database({ url: databaseUrl })],
		actions: {
			add: { params: { $$strict: true, id: "uuid", title: "string|min:1" }, handler: addBook },
			lend: { params: { $$strict: true, bookId: "uuid", member: "string|min:1" }, handler: lend },
		},
	});
}

async function addBook(this: DeskService, { params }: Context<{ id: string; title: string }>): Promise<void> {
	await this.db.query(add, [params.id, params.title]);
}

/** The book is lent and the event is written in one transaction: there is never the one without the other. */
async function lend(this: DeskService, ctx: Context<{ bookId: string; member: string }>): Promise<{ due: string }> {
	const { bookId, member } = ctx.params;
	return this.db.transaction(async (tx) => {
		const [book] = await tx.query<{ title: string; due: string }>(take, [bookId, member]);
		if (!book) throw new BookNotThereError(bookId);
		await this.publish(tx, BookLent({ bookId, member, ...book }), {
			correlationId: ctx.requestID ?? ctx.id,
			causationId: ctx.id,
		});
		return { due: book.due };
	});
}
