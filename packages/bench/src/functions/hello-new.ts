/** `hello`, a new instance for each request. */
export { default } from "./hello.ts";

export const config = { reuse: "never" };
