import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";
import type { Exit } from "./exit-codes.ts";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

export interface Command {
  help: string;
  /** @throws anything: `failure.ts` turns it into words and an exit code. */
  run(args: string[], io: Io): Promise<Exit>;
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Strict parsing of a command's flags. @throws UsageError */
export function parseFlags<const T extends Options>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's sentence, without the advice on how to write positionals that follows it.
    if (error instanceof TypeError) throw new UsageError(error.message.split(". To specify")[0] ?? error.message);
    throw error;
  }
}

/** The positionals under their names. A name that ends in "?" may be absent. @throws UsageError on too few or too many. */
export function takePositionals(positionals: string[], ...names: string[]): (string | undefined)[] {
  const extra = positionals[names.length];
  if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`);
  const missing = names.find((name, index) => !name.endsWith("?") && positionals[index] === undefined);
  if (missing !== undefined) throw new UsageError(`<${missing}> is missing`);
  return positionals;
}
