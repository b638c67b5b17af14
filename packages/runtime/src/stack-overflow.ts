import { isInstance } from "./is-instance.ts";

const NativeRangeError = RangeError;
let overflowMessage: string | undefined;

/** True for the error that V8 throws at a full call stack: known by the message of one provoked here, whatever its words are. */
export function isStackOverflow(thrown: unknown): boolean {
  if (!isInstance(thrown, NativeRangeError)) return false;
  overflowMessage ??= provoke();
  return thrown.message === overflowMessage;
}

function provoke(): string {
  const dive = (): number => 1 + dive();
  try {
    return String(dive());
  } catch (error) {
    return (error as Error).message;
  }
}
