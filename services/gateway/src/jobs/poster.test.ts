import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { DEFAULT_LIMITS, type VersionRecord } from "@zygo/contracts";
import type { HeldAttempt } from "@zygo/queue";
import { isPrivate, Poster } from "./poster.ts";

test.each([
  ...["127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"],
  ...["::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "no address"],
])("%s is private", (address) => expect(isPrivate(address)).toBe(true));

test.each(["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111"])("%s is public", (address) => expect(isPrivate(address)).toBe(false));

/** Posts to a server on this machine. @returns what came of it, and how many requests the server got */
async function post(host: string, allowPrivate: boolean): Promise<{ said: string; requests: number }> {
  let requests = 0;
  const sink = createServer((_request, response) => {
    requests++;
    response.end();
  }).listen(0, "::");
  await once(sink, "listening");
  const url = `http://${host}:${(sink.address() as AddressInfo).port}/`;
  const held = { job: { id: "id", function: "a", post: { url, secretEnv: "S" } } } as HeldAttempt;
  const version = { env: {}, limits: DEFAULT_LIMITS } as unknown as VersionRecord;
  const poster = new Poster({ allowPrivate, secretOf: async () => await Promise.resolve("secret") });
  try {
    const outcome = await poster.post(held, { version, body: Buffer.from("{}"), signal: AbortSignal.timeout(5000) });
    return { said: outcome.kind === "answer" ? String(outcome.answer.status) : outcome.error.code, requests };
  } catch (error) {
    return { said: (error as { code: string }).code, requests };
  } finally {
    sink.closeAllConnections();
    sink.close();
  }
}

test.each(["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"])(
  "nothing is sent to %s, unless the operator allows it",
  async (host) => {
    expect(await post(host, false)).toEqual({ said: "DESTINATION_REFUSED", requests: 0 });
    expect(await post(host, true)).toEqual({ said: "200", requests: 1 });
  },
);
