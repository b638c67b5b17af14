import type { Client } from "@zygo/client";
import type { ParseArgsConfig } from "node:util";
import { parseFlags, type Command } from "./command.ts";
import { connect } from "./connect.ts";
import { EXIT } from "./exit-codes.ts";
import { UsageError } from "./failure.ts";
import { teller, type Io } from "./io.ts";

type Flags = NonNullable<ParseArgsConfig["options"]> & { readonly json: { readonly type: "boolean" } };

/** What a verb works with. `rest`: the arguments behind it. */
export interface Given<Values> {
  client: Client;
  rest: string[];
  values: Values;
  io: Io;
}

/** What a verb has to say: a document for programs and a text for people. `failed`: the exit code tells so. */
export interface Said {
  json: unknown;
  text: string;
  failed?: boolean;
}

export type Verbs<Values> = Readonly<Record<string, (given: Given<Values>) => Promise<Said>>>;

/** A command whose first argument says what to do: `fn <name> <verb> …`. */
export function verbCommand<const F extends Flags>(
  name: string,
  { help, flags, verbs }: { help: string; flags: F; verbs: Verbs<ReturnType<typeof parseFlags<F>>["values"]> },
): Command {
  return {
    help,
    async run(args, io) {
      const { values, positionals } = parseFlags(args, flags);
      const [verb = "", ...rest] = positionals;
      const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
      if (run === undefined) throw new UsageError(`fn ${name} ${verb}: one of ${Object.keys(verbs).join(", ")}`);
      const { client } = await connect(io.env);
      const { json, text, failed } = await run({ client, rest, values, io });
      await teller(io, (values as { json?: boolean }).json)(json, text);
      return failed === true ? EXIT.failed : EXIT.ok;
    },
  };
}
