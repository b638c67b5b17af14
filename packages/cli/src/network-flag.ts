import { UsageError } from "./failure.ts";

type NetworkFlag = "none" | "internet" | { allow: string[] };

/** `none`, `internet`, or rules, which may be given one a flag or with commas between; undefined when the flag was not given. @throws UsageError */
export function readNetwork(given: readonly string[] | undefined): NetworkFlag | undefined {
  const words = given?.flatMap((text) => text.split(",")).map((text) => text.trim());
  if (words === undefined) return undefined;
  const [first = ""] = words;
  if (words.length === 1 && (first === "none" || first === "internet")) return first;
  const wrong = words.find((word) => !word.includes(":"));
  if (wrong !== undefined)
    throw new UsageError(`--network ${wrong}: write none, internet, or rules such as api.example.com:443,10.1.0.0/16:5432`);
  return { allow: words };
}
