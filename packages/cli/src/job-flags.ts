import { UsageError } from "./failure.ts";
import { parseDuration, parseNumber } from "./units.ts";

export interface JobFlags {
  retry?: string;
  "max-jobs"?: string;
  "on-success"?: string;
  "on-failure"?: string;
}

/** Members of FunctionConfig for asynchronous invocations; what was not given is left out. @throws UsageError */
export function readJobFlags({ retry, "max-jobs": maxJobs, "on-success": onSuccess, "on-failure": onFailure }: JobFlags): object {
  return {
    ...(retry === undefined ? {} : { retry: readRetry(retry) }),
    ...(maxJobs === undefined ? {} : { maxJobs: parseNumber("--max-jobs", maxJobs) }),
    ...(onSuccess === undefined ? {} : { onSuccess: readDestination("--on-success", onSuccess) }),
    ...(onFailure === undefined ? {} : { onFailure: readDestination("--on-failure", onFailure) }),
  };
}

const DURATIONS: Readonly<Record<string, string>> = { backoff: "backoffMs", "max-backoff": "maxBackoffMs", "max-age": "maxAgeMs" };

/** `5`, or `attempts=5,backoff=1s,max-backoff=5m,max-age=1d`, each of which may be missing. */
function readRetry(text: string): Record<string, number> {
  if (/^\d+$/.test(text)) return { attempts: Number(text) };
  return Object.fromEntries(
    text.split(",").map((word): [string, number] => {
      const [name = "", value = ""] = word.trim().split("=", 2);
      if (name === "attempts") return ["attempts", parseNumber("--retry attempts", value)];
      const member = DURATIONS[name];
      if (member !== undefined) return [member, parseDuration(`--retry ${name}`, value)];
      throw new UsageError(`--retry ${word}: write a number of attempts, or attempts=5,backoff=1s,max-backoff=5m,max-age=1d`);
    }),
  );
}

/** A function's name; or a URL, a comma, and the name of the secret to sign with. `none`: nowhere, whatever the file says. */
function readDestination(flag: string, text: string): { function: string } | { url: string; secretEnv: string } | null {
  if (text === "none") return null;
  if (!text.includes("://")) return { function: text };
  // A URL may have commas of its own; a name has none.
  const comma = text.lastIndexOf(",");
  const secretEnv = text.slice(comma + 1);
  if (comma < 0 || !/^[A-Za-z_]\w*$/.test(secretEnv))
    throw new UsageError(`${flag} ${text}: a URL needs the name of the secret to sign with, such as https://example.com/hook,HOOK_SECRET`);
  return { url: text.slice(0, comma), secretEnv };
}
