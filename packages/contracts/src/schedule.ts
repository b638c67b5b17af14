import { z } from "zod";
import { Destination, Retry } from "./retry.ts";

/** Names of schedules and webhooks: lower case, as they stand in URLs and keys. */
export const TriggerName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "must be 1-63 of a-z, 0-9 and '-', not at its ends");

export const Overlap = z.enum(["skip", "queue", "allow", "replace"]);
export type Overlap = z.infer<typeof Overlap>;

/** Slots that went by while nothing could fire them: none of them runs, the last one, or the last `all`. */
export const CatchUp = z.union([z.enum(["none", "last"]), z.strictObject({ all: z.int().min(1).max(1000) })]);
export type CatchUp = z.infer<typeof CatchUp>;

/** Cron fields; what they mean is checked where they are read, by `parseCron` of `packages/core`. */
const Fields = z.string().min(1).max(256);

/** A schedule as the user writes it. */
export const ScheduleSpec = z.strictObject({
  /** Default: made of fields and zone, so that it stays when others are added. */
  name: TriggerName.optional(),
  /** 5 fields, or 6 with seconds first. */
  schedule: Fields,
  /** IANA name; default "UTC". */
  timeZone: z.string().min(1).max(64).optional(),
  /** When a slot comes and the one before still runs; default "skip". */
  overlap: Overlap.optional(),
  /** Default "none". */
  catchUp: CatchUp.optional(),
  /** A slot's run begins up to so many milliseconds later, by a number that is the same for the same slot. Default 0. */
  jitterMs: z.int().min(0).max(3_600_000).optional(),
  /** Default: one attempt; what is left out is the function's. */
  retry: Retry.partial().optional(),
  /** The run that completes so many failures in a row is told, and no other of the row; default 1. */
  onFailureAfter: z.int().min(1).max(1000).optional(),
  /** Who is told; default, and null: the function's `onFailure`. */
  onFailure: Destination.nullable().optional(),
});
export type ScheduleSpec = z.infer<typeof ScheduleSpec>;

/** A schedule with every member decided. */
export const Schedule = ScheduleSpec.required();
export type Schedule = z.infer<typeof Schedule>;

/** `config.cron`. */
export const CronConfig = z.array(z.union([Fields, ScheduleSpec])).max(32);

/** A schedule that was added by `fn cron add`. */
export const StoredSchedule = Schedule.extend({ function: z.string(), createdMs: z.number() });
export type StoredSchedule = z.infer<typeof StoredSchedule>;

/** A schedule as the API shows it. */
export const ScheduleView = Schedule.extend({
  function: z.string(),
  /** `config`: it comes with the live version; `api`: it was added by hand. */
  source: z.enum(["config", "api"]),
  paused: z.boolean(),
  /** Runs in a row, the last ones, that failed. */
  failures: z.int(),
  /** The next slots, epoch milliseconds; none while it is paused. */
  next: z.array(z.number()),
});
export type ScheduleView = z.infer<typeof ScheduleView>;
export const ScheduleList = z.object({ schedules: z.array(ScheduleView) });
export type ScheduleList = z.infer<typeof ScheduleList>;

/** `config.queue`: how messages reach the `queue` handler. */
export const QueueConfig = z.strictObject({
  /** Messages of one batch at most. */
  batchSize: z.int().min(1).max(100).optional(),
  /** How long the first message of a batch waits for others, milliseconds. */
  maxWaitMs: z.int().min(0).max(60_000).optional(),
  /** Deliveries of a message before it is a dead letter. */
  maxAttempts: z.int().min(1).max(100).optional(),
  /** Pause before a message comes again, milliseconds; it doubles with each further time, up to an hour. */
  backoffMs: z.int().min(0).max(3_600_000).optional(),
  /** Batches that are worked on at a time. */
  concurrency: z.int().min(1).max(100).optional(),
});
export type QueueConfig = z.infer<typeof QueueConfig>;
export const QueueLimits = QueueConfig.required();
export type QueueLimits = z.infer<typeof QueueLimits>;
export const DEFAULT_QUEUE: QueueLimits = { batchSize: 10, maxWaitMs: 1000, maxAttempts: 5, backoffMs: 1000, concurrency: 4 };

/** Why a slot has the state that it has is in `why`. `fired`: its run was queued and has not ended yet. */
export const SLOT_STATES = ["fired", "waiting", "succeeded", "failed", "cancelled", "skipped", "missed"] as const;

/** What became of one slot. */
export const SlotRecord = z.object({
  /** Epoch milliseconds. */
  slotMs: z.number(),
  state: z.enum(SLOT_STATES),
  /** One sentence for people; absent when there is nothing to explain. */
  why: z.string().optional(),
  /** The run, at `/invocations/<id>` as long as that is kept; absent when nothing ran. */
  invocation: z.string().optional(),
  /** When its run was queued, epoch milliseconds. */
  firedMs: z.number().optional(),
  settledMs: z.number().optional(),
  /** By `fn cron run`. */
  manual: z.boolean().optional(),
});
export type SlotRecord = z.infer<typeof SlotRecord>;
/** Query of a schedule's slots. */
export const SlotQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(20) });
/** The newest first. */
export const SlotList = z.object({ slots: z.array(SlotRecord) });
export type SlotList = z.infer<typeof SlotList>;
