/** What frames carry. All of it crosses a trust boundary: the receiver checks it. No zod: the runtime in the sandbox imports this file. */

import type { Deliver } from "./names.ts";

/** Names and raw values in order, repeated names kept (set-cookie). */
export type HeaderList = [name: string, value: string][];

export interface RequestHead {
  requestId: string;
  method: string;
  /** Absolute URL that the function sees, its path without the `/fn/<name>` prefix. */
  url: string;
  headers: HeaderList;
  /** Epoch milliseconds. */
  deadlineMs: number;
  attempt: number;
  trigger: string;
  /**
   * The handler that it is for; absent: "fetch". For "scheduled" the body is a ScheduledPayload, for "queue" a BatchPayload, both JSON; the
   * answer to a batch has a BatchOutcome as its body, with status 200, or 500 when the handler threw.
   */
  deliver?: Deliver;
}

/** What a `scheduled` handler is told. */
export interface ScheduledPayload {
  /** Name of the schedule. */
  name: string;
  /** Its cron fields. */
  schedule: string;
  timeZone: string;
  /** Epoch milliseconds of the slot. */
  scheduledTime: number;
  /** `fn cron run` asked for it: `scheduledTime` is then. */
  manual: boolean;
}

export interface BatchPayload {
  queue: string;
  messages: { id: string; sentMs: number; attempts: number; body: unknown }[];
}

/** What is to become of each message. One that is in neither list has been dealt with, unless the handler threw: then it is tried again. */
export interface BatchOutcome {
  acks: string[];
  retries: { id: string; delaySeconds?: number }[];
  /** `<name>: <message>` of what the handler threw. */
  threw?: string;
}

export interface ResponseHead {
  status: number;
  headers: HeaderList;
  /** Milliseconds from the instance's receipt of the request to the handler's Response. */
  handlerMs?: number;
  /** Set by the worker when it relays the head to the gateway. */
  start?: string;
  version?: string;
  /** Milliseconds; see `server-timing`. Set by the worker. */
  timing?: { queue: number; start: number; init: number };
}

export interface FailurePayload {
  /** A code of the error table. */
  code: string;
  /** One sentence for the caller: no host path, no errno. */
  detail: string;
  /** For the log alone: name, message, source-mapped stack. */
  error?: { name: string; message: string; stack?: string };
  start?: string;
  version?: string;
}

export interface LogPayload {
  /** Epoch milliseconds. */
  time: number;
  level: "debug" | "info" | "warn" | "error";
  message: string;
  fields?: Record<string, unknown>;
}

export interface LoadPayload {
  function: string;
  version: string;
  /** Absolute path inside the sandbox. */
  file: string;
  format: "cjs" | "esm";
  env: Record<string, string>;
  /** A source map lies beside the file, as `<file>.map`: stack traces are mapped with it. */
  hasSourceMap: boolean;
  memoryBytes: number;
  hostname: string;
}

export interface LoadedPayload {
  ok: boolean;
  /** Milliseconds from `load` received to module evaluated. */
  loadMs: number;
  /** Raw, unchecked `config` export; null when absent. */
  config: unknown;
  /** Which handlers the entry offers: "fetch", "scheduled", "queue", or HTTP method names. */
  handlers: string[];
  error?: { code: string; name: string; message: string; stack?: string };
}

export interface DonePayload {
  /** Milliseconds between request received and everything settled. */
  durationMs: number;
}

export interface HelloPayload {
  worker: string;
  /** Shared secret of the installation. Constant-time compared. */
  secret: string;
  /** The whole gateway address of the envelope that led here, `unix:/path#<nonce>`. Another process's nonce ends the link. */
  gateway?: string;
}
