import { jsonText } from "./intrinsics.ts";

const MAX_CONFIG_CHARS = 64 * 1024;

/** The entry's `config` export cannot be written as JSON. */
export class InvalidConfig extends Error {
  override name = "InvalidConfig";
}

/** JSON of the `config` export, "null" when there is none. Its members are checked elsewhere. @throws InvalidConfig */
export function readConfig(exports: unknown): string {
  try {
    const config = (exports as { config?: unknown } | undefined)?.config;
    if (config === undefined) return "null";
    const text = jsonText(config) as string | undefined;
    if (text === undefined) throw new TypeError(`a ${typeof config} is no JSON`);
    if (text.length > MAX_CONFIG_CHARS) throw new RangeError("longer than 64 KiB");
    return text;
  } catch (cause) {
    throw new InvalidConfig(`The config export must be a JSON value: ${String(cause)}`, { cause });
  }
}
