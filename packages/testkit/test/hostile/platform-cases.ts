/** Cases that the worker, the gateway and the clock hold: their proof is the platform's answer and its health afterwards. */
import type { ErrorCode } from "@zygo/contracts";
import type { Control, Expected, HostileCase } from "./case.ts";

const MIB = 2 ** 20;
const BY_WORKER: Control = { none: "held by the worker, from outside the sandbox" };
const OWN_PROCESS: Control = { none: "what it breaks is its own process" };
const UNLIMITED: Control = { without: [], limits: { memoryBytes: 700 * MIB, tmpBytes: 400 * MIB }, gives: "kept 192 MiB" };

type Row = [id: string, title: string, held: ErrorCode | Expected, control: Control, reference?: string];

const rows = (area: string, list: readonly Row[]): HostileCase[] =>
  list.map(([id, title, held, control, reference]) => ({
    id: `${area}/${id}`,
    title,
    ...(reference !== undefined && { reference }),
    held: typeof held === "string" ? { code: held } : held,
    control,
  }));

const RESOURCES = rows("resources", [
  ["buffers", "memory outside the heap without end", "FUNCTION_OOM", UNLIMITED],
  ["heap", "objects without end", "FUNCTION_OOM", UNLIMITED],
  ["strings", "strings without end", "FUNCTION_OOM", UNLIMITED],
  ["wasm", "WebAssembly memory without end", "FUNCTION_OOM", UNLIMITED],
  ["tmpfs", "files in memory without end", "FUNCTION_OOM", UNLIMITED],
  ["spin", "never yields", "FUNCTION_TIMEOUT", BY_WORKER],
  ["spin-native", "never yields, in native code", "FUNCTION_TIMEOUT", BY_WORKER],
  ["spin-regex", "never yields, in a regular expression", "FUNCTION_TIMEOUT", BY_WORKER],
  ["spin-microtasks", "never lets a timer run", "FUNCTION_TIMEOUT", BY_WORKER],
  ["atomics-wait", "sleeps for ever on its only thread", "FUNCTION_TIMEOUT", BY_WORKER],
  ["flood-stdout", "100 MB on its output", { outcome: "written" }, BY_WORKER],
  ["flood-lines", "100,000 lines on its output", { outcome: "written" }, BY_WORKER],
  ["array-length", "an array longer than there is", { outcome: "RangeError: Invalid array length" }, OWN_PROCESS],
  ["string-length", "a string longer than there is", { outcome: "RangeError: Invalid string length" }, OWN_PROCESS],
  ["endless-body", "an answer without end", { brokenOff: true }, BY_WORKER],
]);

const RUNTIME = rows("runtime", [
  ["getter-throws", "an answer whose getter throws", "FUNCTION_ERROR", OWN_PROCESS],
  ["proxy-answer", "an answer that is a proxy", "FUNCTION_INVALID_RESPONSE", OWN_PROCESS],
  ["fake-response", "an answer with Response's prototype alone", "FUNCTION_INVALID_RESPONSE", OWN_PROCESS],
  ["thenable-answer", "an answer that is a promise of a promise that exits", "FUNCTION_EXITED", OWN_PROCESS],
  ["throw-undefined", "throws undefined", "FUNCTION_ERROR", OWN_PROCESS],
  ["throw-getter", "throws an error whose message aborts when it is read", "FUNCTION_CRASHED", OWN_PROCESS],
  ["throw-after", "throws when it has answered", { outcome: "answered" }, OWN_PROCESS],
  ["pollute-prototype", "pollutes Object.prototype", { outcome: "polluted" }, OWN_PROCESS],
  ["overwrite-globals", "overwrites Response, JSON, Promise and Buffer", "FUNCTION_ERROR", OWN_PROCESS],
  ["overwrite-array", "overwrites what arrays can do", "FUNCTION_STACK_OVERFLOW", OWN_PROCESS],
  ["remove-listeners", "removes the runtime's listeners", "FUNCTION_ERROR", OWN_PROCESS],
  ["exit-in-exit", "never ends to exit", "FUNCTION_TIMEOUT", BY_WORKER],
  ["next-tick-starves", "never lets the loop run", "FUNCTION_TIMEOUT", BY_WORKER],
  ["segfault", "a segmentation fault", "FUNCTION_CRASHED", OWN_PROCESS],
  ["stop-itself", "stops its own process", "FUNCTION_TIMEOUT", BY_WORKER],
  ["inspector", "opens Node's inspector", { outcome: "listening" }, { none: "in its own network namespace; nobody can reach it" }],
]);

const CHANNEL = rows("channel", [
  ["garbage", "garbage on the control socket", "FUNCTION_PROTOCOL", BY_WORKER],
  ["zeros", "zeros on the control socket", "FUNCTION_PROTOCOL", BY_WORKER],
  ["half-frame", "half a frame on the control socket", "FUNCTION_TIMEOUT", BY_WORKER],
  ["huge-length", "a frame of 4 GiB", "FUNCTION_PROTOCOL", BY_WORKER],
  ["unknown-type", "a frame of a type that there is not", "FUNCTION_PROTOCOL", BY_WORKER],
  ["foreign-stream", "a body for another invocation", "FUNCTION_PROTOCOL", BY_WORKER],
  ["second-hello", "says hello twice", "FUNCTION_PROTOCOL", BY_WORKER],
  ["bad-head", "a head longer than its frame", "FUNCTION_PROTOCOL", BY_WORKER],
  ["status-zero", "a forged answer of status 0", "FUNCTION_PROTOCOL", BY_WORKER],
  ["split-headers", "a forged answer with a line break in a header", "FUNCTION_PROTOCOL", BY_WORKER],
  ["overrun-window", "more body than it has credit for", "FUNCTION_PROTOCOL", BY_WORKER],
  ["flood-frames", "50,000 frames at once", "FUNCTION_PROTOCOL", BY_WORKER],
]);

export const PLATFORM_CASES: HostileCase[] = [...RESOURCES, ...RUNTIME, ...CHANNEL];
