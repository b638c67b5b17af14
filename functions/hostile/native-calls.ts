/**
 * Machine code from plain JavaScript: what a function is allowed to write it can execute, so "it has no native add-on" is no wall. A routine of
 * libuv that nothing here needs is overwritten through /proc/self/mem (whose writes pass over page protections), and makes any system call.
 * For x86-64 and the pinned Nodes, which are not relocated.
 */
import { openSync, readSync, writeSync } from "node:fs";
import { getPriority } from "node:os";
import { getSystemErrorName } from "node:util";

/** A number, a text (handed over as the address of a C string) or bytes (the address of a copy). */
export type Argument = number | bigint | string | Uint8Array;
export type Entry = "native" | "int80";

const SECTION_DYNSYM = 11;
const MMAP = 9;
const SCRATCH_BYTES = 1 << 16;
/** PROT_READ|PROT_WRITE; MAP_PRIVATE|MAP_ANONYMOUS|MAP_32BIT: the routine returns 32 bits. */
const MMAP_SCRATCH = [0, SCRATCH_BYTES, 3, 0x62, -1, 0] as const;

let memory: number | undefined;
let routine = 0;
let scratch = 0;
let filled = 0;

/** Makes the call. @returns its result, or the name of its errno */
export function systemCall(number: number, args: readonly Argument[] = [], entry: Entry = "native"): string {
  if (memory === undefined) prepare();
  filled = 0;
  const result = run(number, args.map(asWord), entry);
  return result < 0 && result > -4096 ? getSystemErrorName(result) : "returned";
}

function prepare(): void {
  memory = openSync("/proc/self/mem", "r+");
  routine = addressOf("uv_os_getpriority");
  scratch = run(MMAP, MMAP_SCRATCH.map(BigInt), "native");
}

function run(number: number, words: readonly bigint[], entry: Entry): number {
  const code = entry === "native" ? nativeStub(number, words) : int80Stub(number, words);
  writeSync(memory!, code, 0, code.length, routine);
  return getPriority(process.pid);
}

function asWord(argument: Argument): bigint {
  if (typeof argument === "number" || typeof argument === "bigint") return BigInt(argument);
  const bytes = typeof argument === "string" ? Buffer.from(`${argument}\0`) : Buffer.from(argument);
  const at = scratch + filled;
  writeSync(memory!, bytes, 0, bytes.length, at);
  filled += (bytes.length + 15) & ~15;
  return BigInt(at);
}

/** push rbx; mov rbx, rsi; rax, rdi, rsi, rdx, r10, r8, r9 = …; syscall; mov [rbx], eax; xor eax, eax; pop rbx; ret */
function nativeStub(number: number, words: readonly bigint[]): Buffer {
  const loads = ["48b8", "48bf", "48be", "48ba", "49ba", "49b8", "49b9"];
  const values = [BigInt(number), ...words, 0n, 0n, 0n, 0n, 0n, 0n];
  const parts = loads.map((opcode, at) => Buffer.concat([Buffer.from(opcode, "hex"), word(values[at] ?? 0n, 8)]));
  return Buffer.concat([Buffer.from("534889f3", "hex"), ...parts, Buffer.from("0f05890331c05bc3", "hex")]);
}

/** push rbx; push rsi; eax, ebx, ecx, edx = …; int 0x80; pop rsi; mov [rsi], eax; xor eax, eax; pop rbx; ret */
function int80Stub(number: number, words: readonly bigint[]): Buffer {
  const values = [BigInt(number), ...words, 0n, 0n, 0n];
  const parts = ["b8", "bb", "b9", "ba"].map((opcode, at) => Buffer.concat([Buffer.from(opcode, "hex"), word(values[at] ?? 0n, 4)]));
  return Buffer.concat([Buffer.from("5356", "hex"), ...parts, Buffer.from("cd805e890631c05bc3", "hex")]);
}

function word(value: bigint, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt.asUintN(64, value));
  return buffer.subarray(0, bytes);
}

/** @source elf(5) */
function addressOf(symbol: string): number {
  const file = openSync("/proc/self/exe", "r");
  const at = (position: number, length: number): Buffer => {
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, position);
    return bytes;
  };
  const header = at(0, 64);
  const sections = Array.from({ length: header.readUInt16LE(60) }, (_, index) =>
    at(Number(header.readBigUInt64LE(40)) + index * header.readUInt16LE(58), 64),
  );
  const content = (section: Buffer): Buffer => at(Number(section.readBigUInt64LE(24)), Number(section.readBigUInt64LE(32)));
  const dynamic = sections.find((section) => section.readUInt32LE(4) === SECTION_DYNSYM)!;
  const names = content(sections[dynamic.readUInt32LE(40)]!);
  const symbols = content(dynamic);
  for (let entry = 0; entry < symbols.length; entry += 24) {
    const name = symbols.readUInt32LE(entry);
    if (names.toString("latin1", name, names.indexOf(0, name)) === symbol) return Number(symbols.readBigUInt64LE(entry + 8));
  }
  throw new Error(`this Node has no ${symbol}`);
}
