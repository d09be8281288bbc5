import { z } from "zod";
import type { EventContract } from "../contract";

/** The part of JSON Schema (draft 7) that event data is made of; other keywords pass through. */
export interface JsonSchema {
	type?: string | readonly string[];
	description?: string;
	properties?: Record<string, JsonSchema>;
	required?: readonly string[];
	items?: JsonSchema;
	enum?: readonly unknown[];
	format?: string;
	pattern?: string;
	minimum?: number;
	exclusiveMinimum?: number;
	minLength?: number;
	maxLength?: number;
	[keyword: string]: unknown;
}

/** What others rely on of one version of an event. A file of this is kept for each, and compared with the code. */
export interface Published {
	type: string;
	version: number;
	exchange: string;
	routingKey: string;
	/** The field that names the aggregate: its events come in order. */
	aggregate: string;
	meaning: string;
	data: JsonSchema;
}

export function publishedOf(contract: EventContract): Published {
	const { type, version, exchange, routingKey, aggregate, meaning = "" } = contract;
	return { type, version, exchange, routingKey, aggregate, meaning, data: jsonSchemaOf(contract.data) };
}

/**
 * As a consumer reads it: unknown fields are allowed, since they are ignored.
 * A format says more to a reader than the pattern that zod checks it by, so the pattern is left out beside it.
 */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
	const { $schema: _, ...json } = z.toJSONSchema(schema, {
		target: "draft-7",
		io: "input",
		override({ jsonSchema }) {
			if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
			// zod says of each whole number that JavaScript can hold it.
			if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
			if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
		},
	});
	return json as JsonSchema;
}
