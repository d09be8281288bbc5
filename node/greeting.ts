import type { Node } from "./node";

/** What a person reads when a node is ready. */
export function greeting({ url, settings, firstData, broker }: Node): string {
	if (!url) return `\n  Molecart node ${broker.nodeID} is ready and hosts ${settings.services.join(", ")}.\n\n`;
	const lines = [
		`Molecart is ready.`,
		``,
		`  Shop       ${url}`,
		`  GraphQL    ${url}/graphql`,
		`  REST       ${url}/api/products`,
		`  Console    npm run dev opens Moleculer's REPL: nodes, services, actions, call products.list`,
		`  Health     ${url}/health/ready`,
	];
	const { admin } = firstData;
	if (admin) lines.push(`  Admin      ${admin.email}, the password is in ${admin.file}`);
	if (!settings.databaseUrl) lines.push(`  Data       ${settings.dataDir} (embedded PostgreSQL)`);
	lines.push(``, `  Pay with the token tok_approve; tok_decline shows what happens when a payment fails.`);
	return `\n${lines.map((line) => `  ${line}`.trimEnd()).join("\n")}\n\n`;
}
