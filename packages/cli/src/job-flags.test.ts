import { FunctionConfig } from "@zygo/contracts";
import { expect, test } from "vitest";
import { readJobFlags } from "./job-flags.ts";

test("what was not given is left to the file", () => expect(readJobFlags({})).toEqual({}));

test("a number of attempts, or the whole policy", () => {
  expect(readJobFlags({ retry: "5" })).toEqual({ retry: { attempts: 5 } });
  const policy = readJobFlags({ retry: "attempts=2,backoff=500ms,max-backoff=1m,max-age=2d", "max-jobs": "7" });
  expect(policy).toEqual({ retry: { attempts: 2, backoffMs: 500, maxBackoffMs: 60_000, maxAgeMs: 172_800_000 }, maxJobs: 7 });
  expect(FunctionConfig.safeParse(policy).success).toBe(true);
});

test("a destination: a function, a URL with its secret, or none", () => {
  const given = readJobFlags({ "on-success": "collect", "on-failure": "https://example.com/a,b?c=d,HOOK_SECRET" });
  expect(given).toEqual({
    onSuccess: { function: "collect" },
    onFailure: { url: "https://example.com/a,b?c=d", secretEnv: "HOOK_SECRET" },
  });
  expect(FunctionConfig.safeParse(given).success).toBe(true);
  expect(readJobFlags({ "on-failure": "none" })).toEqual({ onFailure: null });
});

test.each([
  [{ retry: "often" }, /--retry often/],
  [{ retry: "attempts=2,backoff=5" }, /--retry backoff 5/],
  [{ "max-jobs": "many" }, /--max-jobs many/],
  [{ "on-failure": "https://example.com/hook" }, /HOOK_SECRET/],
  [{ "on-success": "https://example.com/hook,not a name" }, /--on-success/],
])("%j is refused", (flags, message) => expect(() => readJobFlags(flags)).toThrow(message));
