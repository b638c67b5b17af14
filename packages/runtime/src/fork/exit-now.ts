/** `_exit`: Node's orderly shutdown would join threads that a forked child does not have. */
export const exitNow = (process as unknown as { reallyExit(code: number): never }).reallyExit.bind(process);
