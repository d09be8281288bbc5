import type { Service, ServiceSchema, ServiceSettingSchema } from "moleculer";

type SchemaFor<This> = ServiceSchema<
	ServiceSettingSchema,
	Record<string, never>,
	Record<string, never>,
	Service & This
>;

/**
 * A Moleculer mixin whose handlers know what `this` is: the service and what other mixins have added to it.
 * Moleculer's own type can't say that a mixin needs another one, so the cast is made here, once.
 */
export function defineMixin<This>(schema: Partial<SchemaFor<This>>): Partial<ServiceSchema> {
	return schema as unknown as Partial<ServiceSchema>;
}

/** A Moleculer service whose handlers know what its mixins have added to `this`. */
export function defineService<This>(schema: SchemaFor<This>): ServiceSchema {
	return schema as unknown as ServiceSchema;
}
