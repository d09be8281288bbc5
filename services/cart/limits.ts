/** A cart is carried by hand: more lines than this are a program's. */
export const LINES_MAX = 100;

/** Minor units: the largest sum that GraphQL's Int can say. */
export const TOTAL_MAX = 2_147_483_647;

/** Of one line: what its column holds, and GraphQL's Int can say. */
export const QUANTITY_MAX = 2_147_483_647;
