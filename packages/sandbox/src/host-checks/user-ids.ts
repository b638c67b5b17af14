import type { HostCheck } from "@zygo/contracts";
import type { HostFacts } from "./facts.ts";

/** The host's ids of sandboxes. @source native/src/jail/identity.h */
const FIRST = 0x7000_0000;
const END = FIRST + 35 * 0x400_0000;

const FILES = ["/etc/subuid", "/etc/subgid"];

/** The ids that functions run as must be nobody else's: neither ranges lent to users for their containers, nor ids that this namespace lacks. */
export function userIds({ read }: HostFacts): HostCheck {
  const lent = FILES.flatMap((file) => overlapping(read(file) ?? "").map((line) => `${file} lends ${line}`));
  const here = mapped(read("/proc/self/uid_map") ?? "");
  const problems = [...(here ? [] : ["this user namespace has not all of them"]), ...lent];
  return {
    name: "user-ids",
    mandatory: false,
    ok: problems.length === 0,
    found: problems.length === 0 ? `${FIRST} to ${END - 1} are free` : problems.join("; "),
    means: "Functions run as uids of that range, and whoever runs as one of them too could signal and read what runs there.",
    ...(problems.length > 0 && {
      mend: here ? "Lend ranges below it, by editing the file or usermod --del-subuids." : "Start the worker in the host's user namespace.",
    }),
  };
}

/** Lines `user:first:count` that lend some of the range. @source subuid(5) */
function overlapping(text: string): string[] {
  return text.split("\n").filter((line) => {
    const [, first = Number.NaN, count = Number.NaN] = line.split(":").map(Number);
    return first < END && first + count > FIRST;
  });
}

/** Lines `inside outside count`. @source user_namespaces(7) */
function mapped(text: string): boolean {
  return text.split("\n").some((line) => {
    const [inside = Number.NaN, , count = Number.NaN] = line.trim().split(/\s+/).map(Number);
    return inside <= FIRST && inside + count >= END;
  });
}
