import { SettingsError } from "./environment";
import { isHostName } from "./host-name";
import { isEverywhere } from "./open-address";

/**
 * What links begin with, without a slash at its end. A path is fine: a shop may live below one.
 * @throws {SettingsError} for what nobody could open, or what must not stand in a link
 */
export function publicUrl(variable: string, value: string): string {
	const url = /^https?:\/\//i.test(value) && URL.canParse(value) ? new URL(value) : undefined;
	// First, and without the value, since what can't be parsed may hold a password too.
	if (value.includes("@")) throw new SettingsError(variable, "holds a user or a password, which links must not");
	if (!url || !isHostName(url))
		throw new SettingsError(variable, `is "${value}", which is no address such as https://shop.example`);
	if (value.includes("?") || value.includes("#")) {
		throw new SettingsError(variable, `is "${value}", but links go on behind it: it must end with its host or a path`);
	}
	if (isEverywhere(url)) {
		throw new SettingsError(variable, `is "${value}", where a server may listen, but which nobody can open`);
	}
	return url.origin + url.pathname.replace(/\/+$/, "");
}
