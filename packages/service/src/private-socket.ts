import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { dirname } from "node:path";

/** Has the server listen on a Unix socket that its owner alone may open, in the place of one that an earlier process left. */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  // Never open to others, not even for the moment between bind and chmod.
  const before = process.umask(0o177);
  server.listen(path);
  process.umask(before);
  await once(server, "listening");
  chmodSync(path, 0o600);
}
