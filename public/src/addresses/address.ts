import type { AddressInput, PostalAddress } from "../graphql/documents";
import { missing } from "../ui/form";

/** So many an address book holds. */
export const ADDRESSES_MAX = 20;

/** As it is sent. */
export type CleanAddress = AddressInput & { line2?: string; postalCode: string };

export type AddressDraft = CleanAddress & { line2: string };

export function emptyAddress(name = ""): AddressDraft {
	return { name, line1: "", line2: "", postalCode: "", city: "", country: "" };
}

export function draftOf(address: PostalAddress): AddressDraft {
	return { ...address, line2: address.line2 ?? "" };
}

export function addressProblems({ name, line1, city, country }: AddressDraft): Record<string, string> {
	return missing({
		name: [name, "Who receives it?"],
		line1: [line1, "Which street and number?"],
		city: [city, "Which city?"],
		country: [country, "Which country?"],
	});
}

/** The line that has the city; some countries have no postal codes. */
export function cityLine({ postalCode, city }: PostalAddress): string {
	return [postalCode, city].filter(Boolean).join(" ");
}

/** The same address is the same text, so that trying again is the same wish. */
export function cleanAddress({ name, line1, line2, postalCode, city, country }: AddressDraft): CleanAddress {
	return {
		name: name.trim(),
		line1: line1.trim(),
		...(line2.trim() && { line2: line2.trim() }),
		postalCode: postalCode.trim(),
		city: city.trim(),
		country: country.trim(),
	};
}
