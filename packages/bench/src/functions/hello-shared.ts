/** `hello`, many requests at a time in one instance, as a server of one process has it. */
export { default } from "./hello.ts";

export const config = { concurrency: 100 };
