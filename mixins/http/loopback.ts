/** Whoever opens it asks their own machine. Browsers keep a cookie for HTTPS alone there without HTTPS, too. */
export function isLoopback({ hostname }: URL): boolean {
	return /^(?:(?:.*\.)?localhost\.?|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
