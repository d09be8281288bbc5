import { needsEmbedded } from "./databases";
import type { Node } from "./node";

const TOKENS = "Pay with the token tok_approve; tok_decline shows what happens when a payment fails.";
const SANDBOX = "Payments go to the sandbox provider: no money moves.";

/** What a person reads when a node is ready. */
export function greeting({ url, settings, firstData, broker, missing }: Node): string {
	const lacking = missing();
	const state = lacking.length === 0 ? "is ready" : `is up, but not ready yet (${lacking.join(", ")})`;
	const lines = url
		? [
				`Molecart ${state}.`,
				"",
				`  Shop       ${url}`,
				`  GraphQL    ${url}/graphql`,
				`  REST       ${url}/api/products`,
				`  Health     ${url}/health/ready`,
			]
		: [`Molecart node ${broker.nodeID} ${state} and hosts ${settings.services.join(", ")}.`, ""];
	const console = settings.amqpUrl ? "npm run repl, with the same environment" : "npm run dev instead of npm start";
	lines.push(`  Console    ${console}: Moleculer's REPL (nodes, services, actions, call products.list)`);
	const { admin } = firstData;
	if (admin) lines.push(`  Admin      ${admin.email}, the password is in ${admin.file}`);
	if (needsEmbedded(settings)) lines.push(`  Data       ${settings.dataDir} (embedded PostgreSQL)`);
	if (url) lines.push("", `  ${settings.production ? SANDBOX : TOKENS}`);
	return `\n${lines.map((line) => `  ${line}`.trimEnd()).join("\n")}\n\n`;
}
