/** What frames carry. All of it crosses a trust boundary: the receiver checks it. No zod: the runtime in the sandbox imports this file. */

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
  /** Which handler gets it; absent: `fetch`. */
  deliver?: "fetch" | "scheduled" | "queue";
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
  cpuMs: number;
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
