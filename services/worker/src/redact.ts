import { FnError } from "@zygo/contracts";
import type { PeerFailure, PeerLog } from "./peer.ts";

/** A shorter value would take common words out of what a function writes. */
const SHORTEST = 6;

/** Takes the values of a version's secrets out of what its instances write. */
export type Redact = (text: string) => string;

export const redactNothing: Redact = (text) => text;

/** Best effort: a value that the function encodes or takes apart is not seen. The longest value first, should one hold another. */
export function redactor(secrets: Readonly<Record<string, string>>): Redact {
  const known = Object.entries(secrets)
    .filter(([, value]) => value.length >= SHORTEST)
    .sort(([, a], [, b]) => b.length - a.length);
  if (known.length === 0) return redactNothing;
  return (text) => known.reduce((rest, [name, value]) => rest.replaceAll(value, `[secret ${name}]`), text);
}

export function redactLog(redact: Redact, line: PeerLog): PeerLog {
  if (redact === redactNothing) return line;
  return { ...line, message: redact(line.message), ...(line.fields && { fields: redactJson(redact, line.fields) }) };
}

export function redactFailure(redact: Redact, failure: PeerFailure): PeerFailure {
  if (redact === redactNothing) return failure;
  const { detail, error } = failure;
  return { ...failure, detail: redact(detail), ...(error && { error: redactError(redact, error) }) };
}

function redactError<E extends { name: string; message: string; stack?: string | undefined }>(redact: Redact, error: E): E {
  const { message, stack } = error;
  return { ...error, message: redact(message), ...(stack === undefined ? {} : { stack: redact(stack) }) };
}

/** A start that failed: its cause is what the module threw. */
export function redactStart(redact: Redact, failure: FnError): FnError {
  const cause = failure.cause as Parameters<typeof redactError>[1] | undefined;
  if (redact === redactNothing || typeof cause?.message !== "string") return failure;
  return new FnError(failure.code, redact(failure.message), {
    cause: redactError(redact, { ...cause, message: cause.message, stack: cause.stack }),
  });
}

/** Values alone, at any depth: the names of fields are the function's words. */
function redactJson<T>(redact: Redact, value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, each: unknown) => (typeof each === "string" ? redact(each) : each)) as T;
}
