import path from "node:path";

/**
 * Where a product's picture may be. What the shop's policy lets a browser show and what an administrator may name is the
 * same, so both are said here: anything at https, and the shop's own paths.
 */
const ELSEWHERE = "https:";

/** What the web shop serves as a picture, by the end of its name. Another path of the shop's can be no picture. */
export const PICTURE_TYPES: Readonly<Record<string, string>> = {
	".svg": "image/svg+xml",
	".png": "image/png",
	".jpg": "image/jpeg",
	".jpeg": "image/jpeg",
	".webp": "image/webp",
	".avif": "image/avif",
	".gif": "image/gif",
	".ico": "image/x-icon",
};

/** In the words of a Content-Security-Policy. */
export const PICTURE_SOURCES = `'self' ${ELSEWHERE}`;

/** Addresses with a signature in them are long; browsers and proxies read at least this much. */
const CHARACTERS_MAX = 2_000;

/** Stands for the shop, to find out which paths are its own. */
const HERE = "https://here.invalid";

type Refuse = (message: string) => void;

/**
 * Reads a picture's address as browsers do: `/pictures/blå vase.png` becomes `/pictures/bl%C3%A5%20vase.png`.
 * @param refuse is told why it can't be one
 */
export function pictureAddress(text: string, refuse: Refuse): string {
	const address = text.trim();
	const base = address.startsWith("/") ? HERE : undefined;
	const url = URL.canParse(address, base) ? new URL(address, base) : undefined;
	if (url && (url.username !== "" || url.password !== "")) {
		refuse("A picture's address must hold no user name and no password: everybody can read it");
	} else if (url?.protocol === "http:") {
		refuse("Browsers don't show a picture from http: in a page that came by https. It has to begin with https://");
	} else if (url?.protocol !== ELSEWHERE || (base !== undefined && !isHere(url))) {
		refuse("A picture's address begins with https:// or, in this shop, with a slash, as /pictures/mug.svg does");
	} else if (base !== undefined && PICTURE_TYPES[extensionOf(url)] === undefined) {
		refuse(`In this shop a picture's name ends in one of ${Object.keys(PICTURE_TYPES).join(", ")}`);
	} else {
		const written = base === undefined ? url.href : `${url.pathname}${url.search}${url.hash}`;
		if (written.length <= CHARACTERS_MAX) return written;
		refuse(`A picture's address has at most ${CHARACTERS_MAX} characters, with its special ones escaped`);
	}
	return text;
}

/** Two slashes at the beginning would name another host, also where dots between them have just gone. */
function isHere({ origin, pathname }: URL): boolean {
	return origin === HERE && !pathname.startsWith("//");
}

/** As the web shop reads it, which finds `mug%2Esvg` too. */
function extensionOf({ pathname }: URL): string {
	return path.extname(pathname.replaceAll(/%2e/gi, ".")).toLowerCase();
}

/** One as a parameter of an action; what is said of it is told as the reason. */
export const PICTURE = {
	type: "string",
	max: CHARACTERS_MAX,
	optional: true,
	custom(value: unknown, errors: { type: string; message: string; actual: unknown }[]): unknown {
		if (typeof value !== "string" || errors.length > 0) return value;
		return pictureAddress(value, (message) => errors.push({ type: "picture", message, actual: value }));
	},
};
