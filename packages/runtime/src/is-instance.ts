type Class<T> = abstract new (...args: never[]) => T;

/** `instanceof` for values that a function made: asking a proxy for its prototype may throw. */
export function isInstance<T>(value: unknown, of: Class<T>): value is T {
  try {
    return value instanceof of;
  } catch {
    return false;
  }
}
