interface Given {
  id: string;
  rootfs: string;
  args: readonly string[];
  mounts: readonly { from: string; to: string; writable: boolean }[];
}

/**
 * What a container engine would write for a small service: new namespaces, a read-only root, no capability, limits of memory and
 * processes. Neither a user namespace nor a seccomp filter, which would make it slower. @source OCI runtime specification 1.0, config.md
 */
export function ociConfig({ id, rootfs, args, mounts }: Given): object {
  const none = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };
  return {
    ociVersion: "1.0.0",
    process: {
      user: { uid: 0, gid: 0 },
      args,
      env: ["PATH=/usr/bin"],
      cwd: "/",
      noNewPrivileges: true,
      capabilities: none,
    },
    root: { path: rootfs, readonly: true },
    hostname: id,
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
      { destination: "/app", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=755", "size=64k"] },
      ...mounts.map(({ from, to, writable }) => ({
        destination: to,
        type: "bind",
        source: from,
        options: ["bind", writable ? "rw" : "ro", "nosuid", "nodev"],
      })),
    ],
    linux: {
      namespaces: ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })),
      cgroupsPath: `/${id}`,
      resources: { memory: { limit: 128 * 2 ** 20 }, pids: { limit: 64 } },
      maskedPaths: ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/sys/firmware"],
      readonlyPaths: ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"],
    },
  };
}
