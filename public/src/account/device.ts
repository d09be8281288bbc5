/** Browsers say their own name last and others' before it, so the most particular is looked for first. */
const BROWSERS: readonly [mark: RegExp, name: string][] = [
	[/\bEdg(e|A|iOS)?\//, "Edge"],
	[/\bOPR\//, "Opera"],
	[/\bSamsungBrowser\//, "Samsung Internet"],
	[/\b(Firefox|FxiOS)\//, "Firefox"],
	[/\b(Chrome|Chromium|CriOS|HeadlessChrome)\//, "Chrome"],
	[/\bSafari\//, "Safari"],
	[/^curl\//, "curl"],
];

const SYSTEMS: readonly [mark: RegExp, name: string][] = [
	[/\biPhone\b/, "an iPhone"],
	[/\biPad\b/, "an iPad"],
	[/\bAndroid\b/, "Android"],
	[/\bWindows\b/, "Windows"],
	[/\bMac OS X\b/, "a Mac"],
	[/\bCrOS\b/, "ChromeOS"],
	[/\bLinux\b/, "Linux"],
];

/** What a person would call the browser or app that a session was opened with. */
export function deviceName(userAgent: string | null): string {
	if (!userAgent) return "A browser or app that gave no name";
	const found = (list: typeof BROWSERS) => list.find(([mark]) => mark.test(userAgent))?.[1];
	const browser = found(BROWSERS);
	const system = found(SYSTEMS);
	if (browser && system) return `${browser} on ${system}`;
	return browser ?? userAgent.split(/[\s/]/)[0]!.slice(0, 40);
}
