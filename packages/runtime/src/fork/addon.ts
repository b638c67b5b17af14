/** Face of native/src/binding/fork.cc. */
export interface ForkAddon {
  /** Makes V8 post no work to threads that a child does not have. @throws on a Node where that cannot be done. */
  calmPlatform(): void;
  /** Blocks and forks on request; returns only in a child. `control`: a template's socket to the launcher, -1 in an instance. */
  serve(controlFd: number, instanceFilter: Buffer, templateFilter: Buffer): Birth;
  /** The same in a template, whose children are instances. @throws when it cannot become one. */
  serveTemplate(controlFd: number, instanceFilter: Buffer): Birth;
  /** Whether a template is about to fork on request: reasons against it, a line each; "" for none. */
  tellFrozen(controlFd: number, reasons: string): void;
  /** In a child of a zygote, once, when it is known whose it is: V8 collects before the sandbox's memory is all used. Clones of it too. */
  watchMemory(limitBytes: number, collectGarbage: () => void): void;
  /** What lives on the event loop, the unreferenced too. */
  handles(): LoopHandle[];
  /** Work that the event loop waits for: in the thread pool, a write, a connect. */
  requests(): number;
  /** A plain fork for the self-test; `pid` is 0 in the child, `fd` the pipe between the two. */
  forkCheck(): { pid: number; fd: number };
  /** What the check child wrote to its pipe; null when it crashed, failed or took longer. */
  collect(pid: number, fd: number, timeoutMs: number): string | null;
  /** getpid(2): Node's own copy is the zygote's. */
  pid(): number;
  /** A connected pair of stream sockets, to practise on. */
  socketPair(): [number, number];
  /** `_exit(2)`. */
  exit(code: number): never;
  ready(controlFd: number, selfTestJson: string): void;
}

export interface Birth {
  channel: number;
  control: number;
}

/** `type` as libuv names it: "tcp", "fs_event", … */
export interface LoopHandle {
  type: string;
  active: boolean;
}

export function loadForkAddon(file: string): ForkAddon {
  const module = { exports: {} as ForkAddon };
  process.dlopen(module, file);
  return module.exports;
}
