"use strict";

/** Loaded before a node's own code (`node --require`): its clock is CLOCK_OFFSET_MS off from then on. */
const offsetMs = Number(process.env.CLOCK_OFFSET_MS);
const RightDate = Date;

globalThis.Date = new Proxy(RightDate, {
	construct: (_target, values, newTarget) =>
		Reflect.construct(RightDate, values.length > 0 ? values : [RightDate.now() + offsetMs], newTarget),
	get: (target, property, receiver) =>
		property === "now" ? () => RightDate.now() + offsetMs : Reflect.get(target, property, receiver),
});
