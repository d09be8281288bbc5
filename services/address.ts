/** Where a parcel goes: what GraphQL calls Address. */
export interface Address {
	name: string;
	line1: string;
	line2?: string;
	city: string;
	postalCode: string;
	country: string;
}

const line = { type: "line", min: 1, max: 200 };

/** Its fields as params of an action. */
export const ADDRESS_PARAMS = {
	name: line,
	line1: line,
	line2: { ...line, min: 0, optional: true },
	city: line,
	/** Some countries have none. */
	postalCode: { ...line, min: 0, max: 20, default: "" },
	country: { ...line, max: 100 },
};
