/** The platform cannot start, for a reason that the person at the terminal can act on. Shown as its message alone. */
export class StartupError extends Error {
  override name = "StartupError";
}
