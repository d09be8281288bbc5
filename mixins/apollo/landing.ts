import type { ApolloServerPlugin } from "@apollo/server";
import { explorer } from "./explorer";

/**
 * Apollo's own landing page loads its scripts from elsewhere; this one needs nothing, not even a script, and leads to the
 * explorer where that is installed.
 */
export function landingPage(path: string): ApolloServerPlugin {
	const shown = explorer(path)?.path;
	const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">${
		shown
			? `
<meta http-equiv="refresh" content="0; url=${shown}">`
			: ""
	}
<title>GraphQL</title>
<h1>GraphQL</h1>
<p>Queries and mutations go to this address by POST, as JSON. Any GraphQL client can read the schema from here.</p>
<pre>curl "http://$HOST${path}" -H "content-type: application/json" -d '{"query":"{ __schema { queryType { fields { name description } } } }"}'</pre>
<p>Whoever has signed in adds <code>-H "authorization: Bearer $TOKEN"</code>.</p>
<p>Subscriptions are served at the same address over WebSocket, protocol <code>graphql-transport-ws</code>. The token goes
into the payload of <code>connection_init</code>: <code>{"authorization":"Bearer …"}</code>.</p>
</html>
`;
	return {
		async serverWillStart() {
			return { renderLandingPage: async () => ({ html: page }) };
		},
	};
}
