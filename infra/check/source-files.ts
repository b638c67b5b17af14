import { execFileSync } from "node:child_process";

/**
 * Files that git knows, and new ones that it does not ignore, matching the pathspecs.
 *
 * @throws Error outside a git checkout
 */
export function sourceFiles(...pathspecs: string[]): string[] {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "-z", "--", ...pathspecs];
  return execFileSync("git", list, { encoding: "utf8", timeout: 10_000 }).split("\0").filter(Boolean);
}
