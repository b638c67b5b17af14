import { inspect } from "node:util";
import { cutText } from "./cut-text.ts";
import { stringOf } from "./intrinsics.ts";
import { mapPositions } from "./source-map.ts";
import { isStackOverflow } from "./stack-overflow.ts";

const MESSAGE_BYTES = 8 * 1024;
const STACK_BYTES = 32 * 1024;
const DETAIL_BYTES = 1024;
const MAX_CAUSES = 4;

export interface ErrorText {
  name: string;
  message: string;
  stack?: string;
}

export interface DescribedError {
  /** FUNCTION_STACK_OVERFLOW for such, else the code that was given. */
  code: string;
  /** For the caller: `<name>: <message>`. */
  detail: string;
  error: ErrorText;
}

/** What a function threw, whatever it is, as text with positions in the user's sources. Never throws, never calls a getter twice. */
export function describeError(thrown: unknown, code: string): DescribedError {
  const error = errorText(thrown);
  const detail = error.message === "" ? error.name : `${error.name}: ${error.message}`;
  return { code: isStackOverflow(thrown) ? "FUNCTION_STACK_OVERFLOW" : code, detail: cutText(detail, DETAIL_BYTES), error };
}

function errorText(thrown: unknown): ErrorText {
  if (typeof thrown !== "object" || thrown === null || !looksLikeError(thrown)) {
    return { name: "Error", message: `${cutText(display(thrown), MESSAGE_BYTES)} was thrown` };
  }
  const stack = stackWithCauses(thrown);
  return {
    name: cutText(member(thrown, "name") ?? "Error", 256),
    message: cutText(member(thrown, "message") ?? "", MESSAGE_BYTES),
    ...(stack === undefined ? {} : { stack: cutText(mapPositions(stack), STACK_BYTES) }),
  };
}

const looksLikeError = (value: object): boolean => member(value, "message") !== undefined;

function stackWithCauses(error: object): string | undefined {
  let text = member(error, "stack");
  let cause = read(error, "cause");
  for (let depth = 0; text !== undefined && depth < MAX_CAUSES && typeof cause === "object" && cause !== null; depth++) {
    text += `\n[cause]: ${member(cause, "stack") ?? display(cause)}`;
    cause = read(cause, "cause");
  }
  return text;
}

/** A string member, or undefined: also when reading it throws. */
function member(value: object, name: string): string | undefined {
  const found = read(value, name);
  return typeof found === "string" ? found : undefined;
}

function read(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** One line that shows a value of any kind. */
export function display(value: unknown): string {
  try {
    return inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 1000, maxArrayLength: 20 });
  } catch {
    return stringOf(typeof value);
  }
}
