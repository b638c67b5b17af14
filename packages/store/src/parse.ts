import { FnError } from "@zygo/contracts";
import type { z } from "zod";

/** Reads a JSON value of the store. @throws FnError INTERNAL when what is stored is not what the schema says. */
export function parseStored<S extends z.ZodType>(schema: S, json: string, key: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(json));
  } catch (cause) {
    throw new FnError("INTERNAL", `The stored record at ${key} is damaged`, { cause });
  }
}
