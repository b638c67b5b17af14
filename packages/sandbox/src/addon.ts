import { createRequire } from "node:module";
import { nativeFile } from "./native-files.ts";

/** Face of native/src/binding/host.cc. All calls are synchronous; errors carry the system call and its errno as text. */
export interface HostAddon {
  socketPair(): [number, number];
  sendWithFds(socket: number, text: string, fds: number[]): void;
  closeFd(fd: number): void;
  listenInside(pid: number, address: string, port: number): number;
  bindUdpInside(pid: number, address: string, port: number): number;
  /** The order of paths and counters: native/src/binding/meter.h. */
  openMeter(paths: readonly string[]): NativeMeter;
  /** False: what it counted is gone. */
  readMeter(meter: NativeMeter, counters: Float64Array, whole: boolean): boolean;
  /** Idempotent. */
  closeMeter(meter: NativeMeter): void;
}

/** A handle of native code. */
export interface NativeMeter {
  readonly kind: unique symbol;
}

let loaded: HostAddon | undefined;

/** Loaded at first use. @throws when native code was not built. */
export function hostAddon(): HostAddon {
  loaded ??= createRequire(import.meta.url)(nativeFile("lib/host.node")) as HostAddon;
  return loaded;
}
