export interface PaymentToken {
	token: string;
	name: string;
	explanation: string;
}

/** The sandbox provider's tokens stand where a card form would: each is one way a payment can go. */
export const PAYMENT_TOKENS: readonly PaymentToken[] = [
	{ token: "tok_approve", name: "A card that works", explanation: "Approved at once." },
	{ token: "tok_slow", name: "A slow bank", explanation: "Approved after three seconds, so you can watch each step." },
	{
		token: "tok_error_once",
		name: "A hiccup",
		explanation: "Fails the first time with a passing error. The shop tries again, and it is approved.",
	},
	{
		token: "tok_timeout",
		name: "A lost answer",
		explanation:
			"The bank holds the money, but its answer never arrives. The shop finds that hold instead of taking a second one.",
	},
	{
		token: "tok_decline",
		name: "A declined card",
		explanation: "The bank says no. Everything is undone, and your cart comes back.",
	},
	{
		token: "tok_insufficient_funds",
		name: "An empty account",
		explanation: "Declined for lack of money. Undone just the same.",
	},
	{
		token: "tok_down",
		name: "A bank that is down",
		explanation: "Four attempts, then the shop gives up within half a minute and undoes everything.",
	},
];

export const DEFAULT_TOKEN = "tok_approve";
