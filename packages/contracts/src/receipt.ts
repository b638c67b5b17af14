import { z } from "zod";
import { FunctionId } from "./config.ts";
import { START_KINDS, TRIGGERS } from "./names.ts";

const Ms = z.number().min(0);
const Bytes = z.number().min(0);

/** What an instance used, counted by the kernel. */
export const Used = z.object({
  /** Processor time of all its processes. */
  cpuMs: Ms,
  /** For so long the CPU limit held it back. */
  throttledMs: Ms,
  /** The most memory of the instance since it was made: of the invocations before this one too. */
  memoryPeakBytes: Bytes,
  /** From and to block devices; what came from the page cache or stayed in it is not counted. */
  diskReadBytes: Bytes,
  diskWriteBytes: Bytes,
  /** By its network, headers counted. The request and the answer do not go that way. */
  receivedBytes: Bytes,
  sentBytes: Bytes,
});
export type Used = z.infer<typeof Used>;

/** What became of one invocation, and what it took. */
export const Receipt = z.object({
  requestId: z.string(),
  function: FunctionId,
  /** Short. */
  version: z.string(),
  trigger: z.enum(TRIGGERS),
  attempt: z.int().min(1),
  /** When it ended, Unix milliseconds. */
  endedMs: z.number(),
  /** The function's answer; null: it gave none, and `code` says why. */
  status: z.int().nullable(),
  code: z.string().nullable(),
  /** How it got its instance; null: it got none. */
  start: z.enum(START_KINDS).nullable(),
  /** `<worker>/<sandbox>`. */
  instance: z.string().nullable(),
  /** Milliseconds; `totalMs` is from the worker's taking it to its end. */
  phases: z.object({ queueMs: Ms, startMs: Ms, initMs: Ms, handlerMs: Ms.nullable(), totalMs: Ms }),
  /**
   * While the invocation ran; of the one that an instance was made for, since it was made. Null: it got no instance, or what the kernel
   * counted could not be read any more.
   */
  used: Used.nullable(),
  /** Others were served by the instance meanwhile (`concurrency`): `used` is what all of them used together. */
  shared: z.boolean(),
  /** All of it is over. False: it was written at the end of the answer, and `waitUntil` may go on. */
  settled: z.boolean(),
});
export type Receipt = z.infer<typeof Receipt>;

/** Most receipts that a worker keeps of a function: the newest. */
export const MAX_RECEIPTS = 100;

/** `GET /receipts/<function id>` on a worker's socket: the newest last. */
export const WorkerReceipts = z.object({ receipts: z.array(Receipt) });
export type WorkerReceipts = z.infer<typeof WorkerReceipts>;

/** `GET /api/functions/<name>/receipts`: the newest first, of all workers that are alive; `silent`: those that did not answer. */
export const ReceiptList = z.object({ receipts: z.array(Receipt), silent: z.array(z.string()) });
export type ReceiptList = z.infer<typeof ReceiptList>;

export const ReceiptQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(20) });
