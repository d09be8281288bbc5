/**
 * How long a question may take, in milliseconds. A node that is frozen is listed for up to 12 s: until then this is how
 * soon the others learn that nobody answers.
 */
export const READ_TIMEOUT_MS = 2_000;
