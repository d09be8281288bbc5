/** What a node does with a statement, for who does not know the code: by the statement's name, or its end. Whom it is about follows. */
const WORDS: readonly (readonly [name: RegExp, words: string])[] = [
	[/\.inbox\.accept_all$/, "takes in"],
	[/\.outbox\.postpone$/, "puts off what it could not publish"],
	[/\.inbox\.note_failures$/, "notes that it could not handle"],
	[/\.missed\.add$/, "notes that it has missed"],
	[/\.outbox\.find_published$/, "looks up, to send them again,"],
	[/\.idempotency\.take$/, "takes the client's key"],
	[/\.idempotency\.keep$/, "keeps the answer under the key"],
	[/^cart\.insert$/, "opens"],
	[/^cart\.upsert_item$/, "puts into the cart"],
	[/\.participant\.lock$/, "looks in its log whether this step was done for"],
	[/\.participant\.settle$/, "logs this step as done for"],
	[/^cart\.insert_checkout$/, "accepts the checkout as"],
	[/^cart\.payment_token$/, "reads the payment token of"],
	[/^cart\.forget_token$/, "forgets the payment token of"],
	[/^cart\.lock/, "locks"],
	[/^cart\.touch$/, "changes"],
	[/^cart\.note_held$/, "notes what is held for"],
	[/^orders\.insert$/, "makes"],
	[/^orders\.advance$/, "moves on"],
	[/^orders\.settle_payment$/, "notes what became of the payment of"],
	[/^orders\.saga\.insert$/, "begins the saga of"],
	[/^orders\.saga\.move$/, "moves on the saga of"],
	[/^orders\.saga\.wait$/, "lets wait the saga of"],
	[/^orders\.saga\.claim$/, "takes over sagas that are due"],
	[/^orders\.saga\.renew$/, "renews the lease on the saga of"],
	[/^orders\.saga\.log$/, "logs what it is about to try for"],
	[/^catalog\.reserve$/, "reserves the stock for"],
	[/^catalog\.release/, "releases the stock of"],
	[/^catalog\.sell/, "sells what was reserved for"],
	[/^catalog\.secure/, "secures the reservation of"],
	[/^orders\.saga\.nudge$/, "wakes the saga of"],
	[/^payments\.move$/, "moves on the payment of"],
	[/^(WITH|INSERT)$/, "has the provider note something for"],
	[/^payments\.open$/, "opens the payment of"],
];

/** What only looks tells nothing of how it came about; what goes on at all times neither. */
const UNTOLD =
	/\.outbox\.(read|beat|share|free|leave|remove|published_since)|\.(by_ids?|items|find|page|count|products|accepted|stock|sum|learn|undone|days|forget|prove)$|\.saga\.(claim|renew|lost|positions)$|\.missed\.(claim|known|advance|overdue|dead)$|^catalog\.expired$|^(SELECT|SET|ROLLBACK)$/;

export function isTold(statement: string): boolean {
	return !UNTOLD.test(statement);
}

export function wordsFor(statement: string): string {
	return WORDS.find(([name]) => name.test(statement))?.[1] ?? statement;
}
