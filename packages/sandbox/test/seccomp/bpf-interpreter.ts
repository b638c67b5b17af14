/** Runs a seccomp program as the kernel does, to say what it decides. Shares nothing with the assembler. @source linux kernel, net/core/filter.c */

/** `struct seccomp_data`. */
export interface SyscallData {
  number: number;
  arch: number;
  /** Six, unsigned 64-bit. */
  args: readonly bigint[];
}

/** @returns the program's 32-bit value, unsigned. @throws on anything that the kernel's checker refuses: unknown code, a jump out of the program. */
export function interpret(program: Uint8Array, data: SyscallData): number {
  const words = layOut(data);
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    if (at * 8 >= program.length) throw new Error(`fell out of the program at ${at}`);
    const k = code.getUint32(at * 8 + 4, true);
    const jump = (holds: boolean): number => code.getUint8(at * 8 + (holds ? 2 : 3));
    switch (code.getUint16(at * 8, true)) {
      case 0x20: // BPF_LD | BPF_W | BPF_ABS
        accumulator = words.getUint32(k, true);
        break;
      case 0x54: // BPF_ALU | BPF_AND | BPF_K
        accumulator = (accumulator & k) >>> 0;
        break;
      case 0x05: // BPF_JMP | BPF_JA
        at += k;
        break;
      case 0x15: // BPF_JMP | BPF_JEQ | BPF_K
        at += jump(accumulator === k);
        break;
      case 0x35: // BPF_JMP | BPF_JGE | BPF_K
        at += jump(accumulator >= k);
        break;
      case 0x45: // BPF_JMP | BPF_JSET | BPF_K
        at += jump((accumulator & k) !== 0);
        break;
      case 0x06: // BPF_RET | BPF_K
        return k;
      default:
        throw new Error(`unknown instruction at ${at}`);
    }
  }
}

function layOut({ number, arch, args }: SyscallData): DataView {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, number, true);
  view.setUint32(4, arch, true);
  args.forEach((value, index) => view.setBigUint64(16 + 8 * index, value, true));
  return view;
}
