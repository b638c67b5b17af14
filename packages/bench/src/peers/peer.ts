import { spawnSync } from "node:child_process";
import type { ServerCommand } from "../server-process.ts";

/** Somebody else's way to start a server, or to serve. */
export interface Peer {
  /** Of hello the bare name (`bun`), of another bundle with it: `bun/AWS SDK`. */
  id: string;
  label: string;
  version: string;
  bundle: string;
  command: ServerCommand;
}

/** One that is left out of this run. */
export interface Missing {
  label: string;
  /** Why, and how it can be had. */
  why: string;
}

export interface Peers {
  /** Started anew for each sample. */
  start: Peer[];
  /** That run and answer. */
  warm: Peer[];
  missing: Missing[];
}

/** A program that serves a bundle. */
export interface Runtime {
  id: string;
  label: string;
  version: string;
  /** How it serves what `bundles.ts` made for it. */
  serve(file: string): ServerCommand;
  /** How it serves hello, without anything that it does not need. */
  hello: ServerCommand;
  /** Which of the bundles it takes. */
  takes: BundleKind;
}

export type BundleKind = "node" | "bun" | "deno" | "workerd";

export const isMissing = (candidate: object): candidate is Missing => "why" in candidate;
export const isFound = <Found extends object>(candidate: Found | Missing): candidate is Found => !isMissing(candidate);

/**
 * Asks the program for its version, which shows as well that it runs on this machine.
 * @param how to get it, for whoever has not: `apt-get install runc`
 */
export function versionOf(label: string, program: string, how: string): { version: string } | Missing {
  const { status, stdout, error } = spawnSync(program, ["--version"], { encoding: "utf8", timeout: 10_000 });
  if (error !== undefined) return { label, why: "code" in error && error.code === "ENOENT" ? `not installed: ${how}` : error.message };
  if (status !== 0) return { label, why: "does not run on this machine" };
  return { version: /\d+(?:[.-]\d+)+\S*/.exec(stdout)?.[0] ?? "?" };
}
