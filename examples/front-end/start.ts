import { buy } from "./buy";

/** `npm run example:buy [what] [payment token]`, with the shop running. SHOP is its address, if it is another one. */
async function main(): Promise<void> {
	const [search = "mug", paymentToken = "tok_approve"] = process.argv.slice(2);
	const shop = process.env["SHOP"] ?? "http://127.0.0.1:3000";
	await buy({ shop, search, paymentToken, say: (line) => process.stdout.write(`${line}\n`) });
}

main().catch((error: unknown) => {
	process.stderr.write(`${(error as Error).message}\n`);
	process.exit(1);
});
