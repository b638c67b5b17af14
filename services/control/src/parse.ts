import { FnError } from "@zygo/contracts";
import type { z } from "zod";

export interface Issue {
  path: PropertyKey[];
  message: string;
}

/** Reads what a caller sent. @throws FnError INVALID_REQUEST whose detail names the first member that is wrong, with all `issues`. */
export function parseRequest<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = toIssues(parsed.error);
  throw new FnError("INVALID_REQUEST", describeIssue(what, issues), { cause: parsed.error, extra: { issues } });
}

export const toIssues = (error: z.ZodError): Issue[] => error.issues.map(({ path, message }) => ({ path, message }));

/** `config.memoryMb: Too small: expected number to be >=32` */
export function describeIssue(what: string, [first]: Issue[]): string {
  return first === undefined ? `${what} is malformed` : `${[what, ...first.path.map(String)].join(".")}: ${first.message}`;
}

/** @throws FnError INVALID_REQUEST */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FnError("INVALID_REQUEST", `${what} is not JSON`, { cause });
  }
}
