import { readJobFlags, type JobFlags } from "./job-flags.ts";
import { readNetwork } from "./network-flag.ts";
import { readVolume } from "./volume-flag.ts";
import { parseDuration, parseMemory, parseNumber } from "./units.ts";

/** The flags of `fn deploy` that win over the file's config, as they were given. */
export interface OverrideFlags extends Partial<Record<ValueFlag, string>>, JobFlags {
  "no-template"?: boolean;
  network?: string[];
  secret?: string[];
  volume?: string[];
  external?: string[];
}

type ValueFlag = keyof typeof MEMBERS | "warmup" | "runtime" | "auth";

const parseReuse = (flag: string, text: string) => (text === "always" || text === "never" ? text : parseNumber(flag, text));

/** Flag → member of FunctionConfig, and how its text is read. */
const MEMBERS = {
  memory: ["memoryMb", parseMemory],
  timeout: ["timeoutMs", parseDuration],
  cpu: ["cpu", parseNumber],
  pids: ["pids", parseNumber],
  tmp: ["tmpMb", parseMemory],
  "tmp-files": ["tmpFiles", parseNumber],
  "open-files": ["openFiles", parseNumber],
  response: ["responseMb", parseNumber],
  disk: ["diskMbPerSecond", parseNumber],
  "network-mbps": ["networkMbps", parseNumber],
  reuse: ["reuse", parseReuse],
} as const satisfies Record<string, readonly [string, (flag: string, text: string) => unknown]>;

/** Members of FunctionConfig; whether the values are allowed is the platform's to say. @throws UsageError on what is no value at all. */
export function readOverrides(flags: OverrideFlags): Record<string, unknown> {
  const overrides: Record<string, unknown> = {};
  for (const [flag, [member, parse]] of Object.entries(MEMBERS)) {
    const text = flags[flag as keyof typeof MEMBERS];
    if (text !== undefined) overrides[member] = parse(`--${flag}`, text);
  }
  const network = readNetwork(flags.network);
  if (network !== undefined) overrides["network"] = network;
  if (flags.runtime !== undefined) overrides["runtime"] = flags.runtime;
  if (flags.auth !== undefined) overrides["auth"] = flags.auth;
  if (flags.secret !== undefined) overrides["secrets"] = flags.secret;
  if (flags.volume !== undefined) overrides["volumes"] = flags.volume.map(readVolume);
  if (flags.external !== undefined) overrides["external"] = flags.external;
  if (flags.warmup !== undefined) overrides["warmup"] = flags.warmup;
  if (flags["no-template"] === true) overrides["template"] = false;
  return { ...overrides, ...readJobFlags(flags) };
}
