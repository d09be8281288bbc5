/** Where a parcel goes: what GraphQL calls Address. */
export interface Address {
	name: string;
	line1: string;
	line2?: string;
	city: string;
	postalCode: string;
	country: string;
}

const line = { type: "string", trim: true, min: 1, max: 200 };

/** Its fields as params of an action. */
export const ADDRESS_PARAMS = {
	name: line,
	line1: line,
	line2: { ...line, min: 0, optional: true },
	city: line,
	postalCode: { ...line, max: 20 },
	country: { ...line, max: 100 },
};
