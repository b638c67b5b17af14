import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { FnError, volumeImage, VolumeName } from "@zygo/contracts";

const run = promisify(execFile);

/** Making a file system is a matter of milliseconds; a disk that hangs must not hold the caller. */
const TOOL_MS = 30_000;
/** Exit code of flock(1) when someone else has the lock. */
const LOCKED = 75;
/** In the image, as in the sandbox: the function's uid and gid. */
const OWNER = "1000:1000";
const SUFFIX = ".img";

export interface VolumeFacts {
  name: string;
  createdMs: number;
  /** Bytes: the quota, which is the image's length. */
  sizeBytes: number;
  /** Bytes that the image takes on the disk. */
  usedBytes: number;
}

/** Volumes as ext4 images, `<directory>/<tenant>/<name>.img`: sparse, and never larger than they were made. */
export interface Volumes {
  /** By name. */
  list(tenant: string): Promise<VolumeFacts[]>;
  /** @throws FnError INVALID_REQUEST when there is one of that name, QUOTA_EXCEEDED when the disk has no room, INTERNAL without mkfs.ext4 */
  create(tenant: string, given: { name: string; sizeBytes: number }): Promise<VolumeFacts>;
  /** False: there was none. @throws FnError IN_USE while a sandbox has it mounted */
  remove(tenant: string, name: string): Promise<boolean>;
}

/** `directory` is made when it is needed. */
export function openVolumes(directory: string): Volumes {
  const imageOf = (tenant: string, name: string): string => join(directory, volumeImage(tenant, VolumeName.parse(name)));
  return {
    async list(tenant) {
      const entries = await readdir(join(directory, tenant)).catch(noneWhenMissing);
      const names = entries
        .filter((entry) => entry.endsWith(SUFFIX) && !entry.startsWith("."))
        .map((entry) => entry.slice(0, -SUFFIX.length));
      const found = await Promise.all(names.sort().map((name) => factsOf(name, imageOf(tenant, name))));
      return found.filter((facts) => facts !== null);
    },
    async create(tenant, { name, sizeBytes }) {
      const image = imageOf(tenant, name);
      await mkdir(dirname(image), { recursive: true, mode: 0o700 });
      const draft = join(dirname(image), `.${name}-${randomBytes(6).toString("hex")}`);
      try {
        await makeFileSystem(draft, sizeBytes);
        await link(draft, image);
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "EEXIST")
          throw new FnError("INVALID_REQUEST", `There is a volume '${name}' already`, { cause });
        throw cause;
      } finally {
        await rm(draft, { force: true });
      }
      return (await factsOf(name, image)) as VolumeFacts;
    },
    async remove(tenant, name) {
      const image = imageOf(tenant, name);
      if ((await factsOf(name, image)) === null) return false;
      try {
        // The loop device of a mounted image holds a shared lock on it.
        await run("flock", ["--nonblock", "--conflict-exit-code", String(LOCKED), image, "rm", "--", image], { timeout: TOOL_MS });
      } catch (cause) {
        if ((cause as { code?: unknown }).code === LOCKED)
          throw new FnError("IN_USE", `An instance has the volume '${name}' mounted: try again when it has ended`, { cause });
        throw cause;
      }
      return true;
    },
  };
}

async function makeFileSystem(image: string, sizeBytes: number): Promise<void> {
  const file = await open(image, "wx", 0o600);
  try {
    await file.truncate(sizeBytes);
  } finally {
    await file.close();
  }
  const options = `root_owner=${OWNER},assume_storage_prezeroed=1`;
  try {
    await run("mkfs.ext4", ["-q", "-F", "-m", "0", "-E", options, image], { timeout: TOOL_MS, env: TOOLS });
    await run("debugfs", ["-w", "-R", "rmdir lost+found", image], { timeout: TOOL_MS, env: TOOLS });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new FnError("INTERNAL", "This host cannot make volumes: the operator has to install e2fsprogs (see `fn doctor`)", { cause });
  }
}

/** Debian keeps these where a service's PATH may not look. */
const TOOLS = { PATH: "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin" };

async function factsOf(name: string, image: string): Promise<VolumeFacts | null> {
  const found = await stat(image).catch(noneWhenMissing);
  if (Array.isArray(found)) return null;
  return { name, createdMs: Math.round(found.birthtimeMs), sizeBytes: found.size, usedBytes: found.blocks * 512 };
}

function noneWhenMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
