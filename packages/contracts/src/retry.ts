import { z } from "zod";
import { FunctionName } from "./function-names.ts";

/** When and how often an asynchronous invocation that failed is tried again. */
export const Retry = z.strictObject({
  /** Tries in all. */
  attempts: z.int().min(1).max(100),
  /** Pause before the second try, milliseconds; it doubles with each further one. */
  backoffMs: z.int().min(0).max(3_600_000),
  /** The longest pause, milliseconds. */
  maxBackoffMs: z.int().min(0).max(86_400_000),
  /** No try begins later than this after the acceptance (or `runAt`), milliseconds. */
  maxAgeMs: z.int().min(1000).max(2_592_000_000),
});
export type Retry = z.infer<typeof Retry>;

export const DEFAULT_RETRY: Retry = { attempts: 4, backoffMs: 1000, maxBackoffMs: 300_000, maxAgeMs: 86_400_000 };

/** Where the result of an asynchronous invocation goes: a function, or a URL that is signed with the secret in a variable of the function. */
export const Destination = z.union([
  z.strictObject({ function: FunctionName }),
  z.strictObject({ url: z.url({ protocol: /^https?$/ }), secretEnv: z.string().min(1).max(128) }),
]);
export type Destination = z.infer<typeof Destination>;
