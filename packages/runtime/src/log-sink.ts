import { encodeText, FrameType, type LogPayload } from "@zygo/contracts/frames";
import type { Channel } from "./channel.ts";
import { cutText } from "./cut-text.ts";
import { currentInvocation } from "./current-invocation.ts";
import { jsonText, wallMs } from "./intrinsics.ts";
import { logText } from "./json-text.ts";
import { LogBudget, type LogOwner } from "./log-budget.ts";
import { mapPositions } from "./source-map.ts";

export type LogLevel = LogPayload["level"];

const MESSAGE_BYTES = 16 * 1024;
const FIELDS_BYTES = 16 * 1024;
/** A worker that does not read must not make the instance grow: above this, lines are dropped. */
const MAX_BACKLOG_BYTES = 1024 * 1024;

/** Turns what a function prints into `log` frames of the invocation that printed it, bounded in size per line and in sum. */
export class LogSink {
  readonly #channel: Channel;
  #outside: LogOwner = { logStream: 0, logBudget: new LogBudget() };
  readonly #sources: (() => void)[] = [];

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Never throws: fields that are not JSON are told of in their place. The line is the running invocation's. */
  write(level: LogLevel, message: string, fields?: unknown): void {
    this.writeFor(currentInvocation(), level, message, fields);
  }

  writeFor(owner: LogOwner | undefined, level: LogLevel, message: string, fields?: unknown): void {
    if (this.#channel.backlogBytes > MAX_BACKLOG_BYTES) return;
    const line = { time: wallMs(), level, message: cutText(mapPositions(message), MESSAGE_BYTES) };
    const inside = owner !== undefined && owner.logStream !== 0;
    this.#spend(inside ? owner : this.#outside, logText(line, fields === undefined ? undefined : fieldsText(fields)));
  }

  /** `flush` writes out what its source still holds back, such as a line without an end. */
  addSource(flush: () => void): void {
    this.#sources[this.#sources.length] = flush;
  }

  flushSources(): void {
    for (let i = 0; i < this.#sources.length; i++) this.#sources[i]!();
  }

  /** Lines from outside any invocation get a new budget. */
  renew(): void {
    if (this.#outside.logBudget.used) this.#outside = { logStream: 0, logBudget: new LogBudget() };
  }

  #spend(owner: LogOwner, text: string): void {
    const verdict = owner.logBudget.take(text.length);
    if (verdict === "over") return;
    const out = verdict === "fits" ? text : logText({ time: wallMs(), level: "warn", message: "output truncated" }, undefined);
    this.#channel.send(encodeText(FrameType.log, owner.logStream, out));
  }
}

/** JSON of an object; anything else, and what is too long, is shown as a member of one. */
function fieldsText(fields: unknown): string {
  try {
    const text = jsonText(fields);
    if (text === undefined || text.length > FIELDS_BYTES) return '{"omitted":"fields longer than 16 KiB"}';
    return text.startsWith("{") ? text : `{"value":${text}}`;
  } catch {
    return '{"omitted":"fields are not JSON"}';
  }
}
