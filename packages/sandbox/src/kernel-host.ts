import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { RUNTIMES, type RuntimeName } from "@zygo/contracts/names";
import { z } from "zod";
import { KernelSandbox, requestOf, Usage } from "./kernel-sandbox.ts";
import { KernelTemplate } from "./kernel-template.ts";
import type { IdleWires } from "./network/idle-wires.ts";
import { type LauncherEvent, LauncherLink } from "./launcher-link.ts";
import { nativeFile } from "./native-files.ts";
import type {
  InstanceProcess,
  NetworkHost,
  SandboxHost,
  SandboxHostOptions,
  SandboxNetwork,
  SandboxSpec,
  TemplateSpec,
  ZygoteInfo,
} from "./ports.ts";
import { writePrograms } from "./seccomp/write-programs.ts";

/** Sandbox ids name control groups and links, and stand in the log: they are not used again soon. */
const MAX_SANDBOX_ID = 2_000_000;

const Check = z.object({ name: z.string(), ok: z.boolean(), detail: z.string().optional() });
const ZygoteAnswer = z.object({ pid: z.int(), selfTest: z.object({ ok: z.boolean(), checks: z.array(Check), nodeVersion: z.string() }) });
const ExitEvent = z.object({
  event: z.literal("exit"),
  sandbox: z.int(),
  pid: z.int(),
  status: z.object({ code: z.int().nullable(), signal: z.string().nullable() }),
});
const TemplateExit = z.object({ event: z.literal("template-exit"), sandbox: z.int(), reason: z.string() });
const FrozenEvent = z.object({ event: z.literal("frozen"), sandbox: z.int(), reasons: z.string() });
const SandboxGone = Usage.extend({ event: z.literal("sandbox-gone"), sandbox: z.int() });
const ZygoteExit = z.object({ event: z.literal("zygote-exit"), runtime: z.enum(RUNTIMES) });
const EnterFailed = z.object({ event: z.literal("enter-failed"), sandbox: z.int(), error: z.string() });

/** Where all launchers of this machine agree who has which uids: one file a slice. */
const IDS_DIR = "/run/zygo-ids";

/** The launcher and all that it made. */
export class KernelHost implements SandboxHost {
  readonly lost: Promise<string>;
  readonly #link: LauncherLink;
  readonly #sandboxes = new Map<number, KernelSandbox>();
  readonly #templates = new Map<number, KernelTemplate>();
  readonly #log: (line: string) => void;
  readonly #onZygoteExit: (runtime: RuntimeName) => void;
  readonly #network: NetworkHost | undefined;
  #nextId = 1;

  constructor(options: SandboxHostOptions) {
    this.#log = options.onLog ?? (() => {});
    this.#network = options.network;
    this.#onZygoteExit = options.onZygoteExit ?? (() => {});
    this.#link = new LauncherLink({
      file: nativeFile("bin/launcher", options.nativeDir),
      args: launcherArguments(options),
      onEvent: (event) => this.#take(event),
      onLog: this.#log,
    });
    this.lost = this.#link.lost.then((reason) => {
      for (const template of this.#templates.values()) template.noteGone(reason);
      for (const sandbox of this.#sandboxes.values()) sandbox.noteLost();
      this.#sandboxes.clear();
      this.#templates.clear();
      return reason;
    });
  }

  get launcherPid(): number | undefined {
    return this.#link.pid;
  }

  async startZygote(runtime: RuntimeName): Promise<ZygoteInfo> {
    const started = performance.now();
    const { pid, selfTest } = ZygoteAnswer.parse(await this.#link.request("zygote", { runtime }));
    const checks = selfTest.checks.map(({ name, ok, detail }) => ({ name, ok, ...(detail !== undefined && { detail }) }));
    return { runtime, nodeVersion: selfTest.nodeVersion, pid, selfTest: { ok: selfTest.ok, checks }, startMs: performance.now() - started };
  }

  async create(spec: SandboxSpec): Promise<KernelSandbox> {
    const sandbox = this.#conceive(requestOf(spec), spec.limits.network);
    await sandbox.create();
    return sandbox;
  }

  async createForked(spec: SandboxSpec): Promise<{ sandbox: KernelSandbox; process: InstanceProcess }> {
    const sandbox = this.#conceive(requestOf(spec), spec.limits.network);
    return { sandbox, process: await sandbox.createForked() };
  }

  async startTemplate(spec: TemplateSpec): Promise<KernelTemplate> {
    const domain = this.#conceive({ ...requestOf(spec), template: true }, spec.limits.network);
    const template = new KernelTemplate({ link: this.#link, domain, conceive: (...given) => this.#conceive(...given) });
    this.#templates.set(domain.id, template);
    try {
      await template.start();
    } catch (error) {
      this.#templates.delete(domain.id);
      throw error;
    }
    return template;
  }

  #conceive(request: Record<string, unknown>, network: SandboxNetwork | undefined, idleWires?: IdleWires): KernelSandbox {
    const id = this.#takeId();
    const onGone = (): void => this.#forget(id);
    const sandbox = new KernelSandbox(this.#link, { id, request, network, networkHost: this.#network, idleWires, onGone });
    this.#sandboxes.set(id, sandbox);
    return sandbox;
  }

  #forget(id: number): void {
    this.#sandboxes.delete(id);
    this.#templates.get(id)?.noteGone("its domain is gone");
    this.#templates.delete(id);
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  #takeId(): number {
    do this.#nextId = this.#nextId >= MAX_SANDBOX_ID ? 1 : this.#nextId + 1;
    while (this.#sandboxes.has(this.#nextId));
    return this.#nextId;
  }

  #take(event: LauncherEvent): void {
    switch (event.event) {
      case "exit": {
        const { sandbox, pid, status } = ExitEvent.parse(event);
        return this.#sandboxes.get(sandbox)?.noteExit(pid, status);
      }
      case "sandbox-gone": {
        const { sandbox, event: _, ...usage } = SandboxGone.parse(event);
        return this.#sandboxes.get(sandbox)?.noteGone(usage);
      }
      case "template-exit": {
        const { sandbox, reason } = TemplateExit.parse(event);
        return this.#templates.get(sandbox)?.noteGone(reason);
      }
      case "frozen": {
        const { sandbox, reasons } = FrozenEvent.parse(event);
        return this.#templates.get(sandbox)?.noteFrozen(reasons);
      }
      case "zygote-exit":
        return this.#onZygoteExit(ZygoteExit.parse(event).runtime);
      case "enter-failed": {
        const { sandbox, error } = EnterFailed.parse(event);
        return this.#log(`instance of sandbox ${sandbox} could not enter it: ${error}`);
      }
      default:
        return this.#log(`unknown event: ${JSON.stringify(event)}`);
    }
  }
}

function launcherArguments(options: SandboxHostOptions): string[] {
  const workDir = join(options.runDir, "stage");
  mkdirSync(workDir, { recursive: true, mode: 0o700 });
  mkdirSync(options.layersDir, { recursive: true });
  // A sandbox's own root, which is nobody on the host, mounts from it. What is above it need not be open.
  chmodSync(options.layersDir, 0o755);
  const programs = writePrograms(options.runDir, { denials: options.seccompDenials ?? [] });
  const args = [
    "--name",
    options.name,
    "--work-dir",
    workDir,
    "--layers",
    options.layersDir,
    "--init",
    nativeFile("bin/init", options.nativeDir),
  ];
  args.push("--ids", options.idsDir ?? IDS_DIR);
  args.push("--zygote-filter", programs.zygote, "--instance-filter", programs.instance, "--template-filter", programs.template);
  for (const [runtime, base] of Object.entries(options.bases)) args.push("--base", `${runtime}=${base}`);
  if (options.volumesDir !== undefined) args.push("--volumes", options.volumesDir);
  if (options.failAt !== undefined) args.push("--fail-at", options.failAt);
  return args;
}
