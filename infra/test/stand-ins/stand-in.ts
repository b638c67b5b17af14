import { appendFileSync, existsSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";

/**
 * A service that does nothing but keep to the supervisor's contract: says `{ready: true}`, ends on SIGTERM and when its IPC channel
 * closes. Writes what happens to it to FN_HOME/events. Files in FN_HOME make it misbehave: `<name>-fails`, `<name>-hangs`.
 */
export function standIn(name: string): void {
  const home = process.env["FN_HOME"] ?? "";
  const note = (event: string): void => appendFileSync(join(home, "events"), `${name} ${event}\n`);
  if (existsSync(join(home, `${name}-fails`))) {
    console.error(`${name} cannot start: the moon is full`);
    process.exit(3);
  }
  if (name === "gateway") createServer((_request, response) => response.end("ok")).listen({ fd: Number(process.env["FN_LISTEN_FD"]) });
  else setInterval(() => undefined, 1000);
  process.on("disconnect", () => process.exit(0));
  process.on("SIGTERM", () => {
    if (existsSync(join(home, `${name}-hangs`))) return;
    connect(join(home, "run", "redis.sock"))
      .once("connect", () => note("stopped"))
      .once("error", () => note("stopped without redis"))
      .once("connect", () => process.exit(0))
      .once("error", () => process.exit(0));
  });
  note(`started ${process.pid} ${process.env["FN_ADMIN_KEY_HASH"] === undefined ? "" : "with a key hash"}`.trim());
  process.send?.({ ready: true });
}
