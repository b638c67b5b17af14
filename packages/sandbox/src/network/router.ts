import { LauncherLink, type LauncherEvent } from "../launcher-link.ts";
import { nativeFile } from "../native-files.ts";
import { z } from "zod";
import type { Element } from "./elements.ts";

export type Where = "host" | "inside";
export type Step = { where: Where; argv: string[]; input?: string } | { where: Where; key: string; value: string };

const Output = z.object({ output: z.string() });
const Before = z.object({ before: z.string() });
const Traffic = z.object({ rxBytes: z.number(), txBytes: z.number() });

/** The router process, and what can be asked of it. See native/src/router/service.h. Everything rejects with LauncherError. */
export class Router {
  readonly lost: Promise<string>;
  readonly #link: LauncherLink;

  constructor(given: { lockFile: string; onEvent: (event: LauncherEvent) => void; onLog: (line: string) => void }) {
    const { lockFile, onEvent, onLog } = given;
    this.#link = new LauncherLink({ file: nativeFile("bin/router"), args: [lockFile], onEvent, onLog });
    this.lost = this.#link.lost;
  }

  get pid(): number | undefined {
    return this.#link.pid;
  }

  /** Runs a program in the router's or the host's network. @returns what it printed */
  async run(where: Where, argv: string[], input = ""): Promise<string> {
    return Output.parse(await this.#link.request("run", { where, argv, input })).output;
  }

  /** @returns the value before */
  async sysctl(where: Where, key: string, value: string): Promise<string> {
    return Before.parse(await this.#link.request("sysctl", { where, key, value })).before;
  }

  /** Only one installation of this machine at a time changes the host. */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    await this.#link.request("lock", { held: true });
    try {
      return await work();
    } finally {
      await this.#link.request("lock", { held: false });
    }
  }

  /** What it does when the worker is gone, by whatever cause. */
  farewell = (steps: readonly Step[]) => this.#link.request("farewell", { steps });
  attach = (port: { port: string; index: number; pid: number; bridge: string; address: string; gateway: string; bytesPerSecond: number }) =>
    this.#link.request("attach", port);
  limit = (port: { port: string; pid: number; bytesPerSecond: number }) => this.#link.request("limit", port);
  /** All of them or none. */
  change = (elements: readonly Element[]) => this.#link.request("elements", { elements });
  forget = (address: string) => this.#link.request("forget", { address });
  listen = (group: number) => this.#link.request("listen", { group });
  traffic = async (port: string) => Traffic.parse(await this.#link.request("traffic", { port }));
  /** Ends it; resolves when it has taken its leave of the host. */
  close = () => this.#link.close();
}
