/** Exports nothing that could answer. */
export const answer = 42;
