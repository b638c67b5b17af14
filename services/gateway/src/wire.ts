import { START_KINDS } from "@zygo/contracts/names";
import { z } from "zod";

export { Receipt } from "@zygo/contracts";

/** What a worker sends, checked: shapes of contracts' `ResponseHead`, `FailurePayload` and `HelloPayload`. */

const Ms = z.number().min(0).optional();
const Start = z.enum(START_KINDS).optional();

export const SentHead = z.object({
  status: z.int().min(200).max(599),
  headers: z.array(z.tuple([z.string(), z.string()])),
  handlerMs: Ms,
  start: Start,
  timing: z.object({ queue: Ms, start: Ms, init: Ms }).optional(),
});
export type SentHead = z.infer<typeof SentHead>;

export const Failure = z.object({
  code: z.string(),
  detail: z.string(),
  error: z.object({ name: z.string(), message: z.string(), stack: z.string().optional() }).optional(),
  start: Start,
});
export type Failure = z.infer<typeof Failure>;

export const Hello = z.object({
  worker: z.string().min(1).max(128),
  secret: z.string(),
  gateway: z.string().optional(),
});
