export { ApiError, type LocalCode, type ProblemBody } from "./api-error.ts";
export { createClient, type Abortable, type Client, type ClientOptions, type Deploy, type Invocation } from "./client.ts";
export { findCredentials, type Credentials } from "./credentials.ts";
export type { LogRange } from "./logs.ts";
