import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Directories that are symbolic links into usr, as on Debian: the loader's path is `/lib64/ld-linux-x86-64.so.2`. */
const LINKS = ["bin", "sbin", "lib", "lib64"];

/** Mount points and places for the sandbox; all empty. */
const EMPTY_DIRECTORIES = ["tmp", "proc", "dev", "sys", "app"];

/** Libraries that glibc opens by name while it resolves host names; in libc itself since glibc 2.34, separate before. */
const LIBRARIES_BY_NAME = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];

const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** Files of /etc. The launcher mounts its own hosts and hostname over the placeholders. */
const ETC = {
  passwd: "root:x:0:0:root:/:/usr/sbin/nologin\nfn:x:1000:1000:function:/tmp:/usr/sbin/nologin\n",
  group: "root:x:0:\nfn:x:1000:\n",
  "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
  hosts: "127.0.0.1 localhost\n::1 localhost\n",
  "resolv.conf": "nameserver 127.0.0.53\n",
  hostname: "fn\n",
};

/**
 * Fills an empty directory with a root filesystem that can run Node and nothing else: no shell, no coreutils. Everything is readable
 * by all, directories have mode 0755.
 *
 * @param {string} root
 * @param {string} node The runtime's binary. Hard-linked, so that three layers cost no space; copied across file systems.
 * @param {{ from: string, to: string }[]} extra More files: path on the host, path in the layer.
 * @returns {string[]} the host files that went into it
 */
export function writeBaseLayer(root, node, extra) {
  for (const name of LINKS) {
    makeDirectory(join(root, "usr", name));
    symlinkSync(`usr/${name}`, join(root, name));
  }
  for (const name of EMPTY_DIRECTORIES) makeDirectory(join(root, name));
  for (const [name, text] of Object.entries(ETC)) put(root, `etc/${name}`, (path) => writeFileSync(path, text), 0o644);
  put(root, "usr/bin/node", (path) => linkOrCopy(node, path), 0o755);

  const libraries = librariesOf(node);
  const certificates = existsSync(CERTIFICATES) ? [{ from: CERTIFICATES, to: CERTIFICATES }] : [];
  const copies = [...libraries.map((path) => ({ from: path, to: placeOf(path) })), ...certificates, ...extra];
  for (const { from, to } of copies) put(root, to, (path) => copyFileSync(from, path), isLoader(from) ? 0o755 : 0o644);
  return [node, ...copies.map(({ from }) => from)];
}

/**
 * The loader, the shared libraries that a program needs, and those that glibc opens by name.
 *
 * @param {string} program
 * @returns {string[]} paths as the loader finds them
 */
function librariesOf(program) {
  const output = execFileSync("ldd", [program], { encoding: "utf8", timeout: 10_000 });
  const needed = [...output.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => /** @type {string} */ (path));
  const libc = needed.find((path) => basename(path) === "libc.so.6");
  if (libc === undefined) throw new Error(`ldd names no libc.so.6 for ${program}: is this a glibc system?`);
  const byName = LIBRARIES_BY_NAME.map((name) => join(dirname(libc), name)).filter((path) => existsSync(path));
  return [...needed, ...byName];
}

/**
 * Where a library of the host goes: the same directory, seen through usr-merge. `/lib64/x` → `usr/lib64/x`.
 *
 * @param {string} path
 */
function placeOf(path) {
  const directory = realpathSync(dirname(path));
  const place = join(directory, basename(path)).slice(1);
  return place.startsWith("usr/") ? place : `usr/${place}`;
}

/** @param {string} path The loader is run as a program, so it must be executable. */
const isLoader = (path) => basename(path).startsWith("ld-linux");

/**
 * @param {string} root
 * @param {string} place
 * @param {(path: string) => void} write
 * @param {number} mode
 */
function put(root, place, write, mode) {
  const path = join(root, place);
  makeDirectory(dirname(path));
  write(path);
  chmodSync(path, mode);
}

/** @param {string} path */
const makeDirectory = (path) => mkdirSync(path, { recursive: true, mode: 0o755 });

/**
 * @param {string} from
 * @param {string} to
 */
function linkOrCopy(from, to) {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
