/** What there can be of a product: what its column holds, and GraphQL's Int can say. */
export const ON_HAND_MAX = 2_147_483_647;
