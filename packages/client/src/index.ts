export { ApiError, type LocalCode, type ProblemBody } from "./api-error.ts";
export type { Abortable } from "./abortable.ts";
export { createClient, type Client, type ClientOptions, type Deploy, type Invocation } from "./client.ts";
export { findCredentials, type Credentials } from "./credentials.ts";
export type { LogRange } from "./logs.ts";
