/** As a URL writes them: a server listens there on every address of its machine, and nobody can open it. */
const EVERYWHERE = new Set(["0.0.0.0", "[::]", "[::ffff:0:0]"]);

export function isEverywhere({ hostname }: URL): boolean {
	return EVERYWHERE.has(hostname);
}

/**
 * Where a person on this machine finds what listens there: an origin, or `undefined` for a host that is none. Who listens
 * everywhere is found at localhost.
 */
export function openAddress(host: string, port: number): string | undefined {
	const written = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
	if (!URL.canParse(written)) return undefined;
	const url = new URL(written);
	if (isEverywhere(url)) url.hostname = "localhost";
	return url.origin;
}
