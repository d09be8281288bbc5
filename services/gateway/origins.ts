/** moleculer-web's CORS settings for other origins that may call; none where there are none. */
export function corsOf(origins: string[]): object | undefined {
	if (origins.length === 0) return undefined;
	return {
		origin: origins,
		methods: ["GET", "POST", "PATCH", "DELETE", "OPTIONS"],
		allowedHeaders: ["authorization", "content-type", "idempotency-key"],
		exposedHeaders: ["location", "retry-after"],
		maxAge: 600,
	};
}

/** Whether a page may open a socket: our own, one that is allowed by name, or a client that is no browser. */
export function isAllowedOrigin(
	origin: string | undefined,
	host: string | undefined,
	allowed: readonly string[],
): boolean {
	if (origin === undefined || allowed.includes(origin)) return true;
	return URL.canParse(origin) && new URL(origin).host === host;
}
