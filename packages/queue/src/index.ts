export { AsyncLane, type AsyncLaneOptions } from "./async-lane.ts";
export { answerPayload, loadBody, requestPayload, storeBody } from "./bodies.ts";
export type { DurabilityTier } from "./durability.ts";
export type { InvocationRecord } from "./invocation-records.ts";
export type { JobEvent } from "./job-events.ts";
export type { HeldAttempt, Settlement } from "./job-source.ts";
export type { PayloadStore } from "./payloads.ts";
export { invocationPath, showRecord } from "./show-record.ts";
export { SyncLane } from "./sync-lane.ts";
