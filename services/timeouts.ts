/**
 * How long a question may take, in milliseconds. A node that was killed is listed for up to 6 s more: until then this is
 * how soon the others learn that nobody answers.
 */
export const READ_TIMEOUT_MS = 2_000;
