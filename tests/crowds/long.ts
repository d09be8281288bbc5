/** `npm run crowds` plays everything at its full length; `npm test` a short form of it. */
export const isLong = process.env["TEST_LONG"] === "1";
