/** Classic BPF as seccomp runs it. @source linux/bpf_common.h, linux/filter.h, linux/seccomp.h */
export const Op = {
  /** A = the 32-bit word of seccomp_data at k. */
  load: 0x20,
  /** A &= k. */
  and: 0x54,
  /** Jump by k instructions; the only jump that reaches beyond 255. */
  jump: 0x05,
  jumpIfEqual: 0x15,
  jumpIfAtLeast: 0x35,
  jumpIfAnyBit: 0x45,
  return: 0x06,
} as const;
type Condition = typeof Op.jumpIfEqual | typeof Op.jumpIfAtLeast | typeof Op.jumpIfAnyBit;

/** BPF_MAXINSNS. */
export const MAX_INSTRUCTIONS = 4096;
export const INSTRUCTION_BYTES = 8;
/** A conditional jump holds 255; the rest is room for the trampolines of the jump itself. */
const REACH = 250;

/** An instruction that others can jump to. */
export type Label = number & { readonly __label: unique symbol };

interface Instruction {
  code: number;
  whenTrue: number;
  whenFalse: number;
  k: number;
}

/**
 * Builds a program from its end, as jumps go forward alone: what is jumped to exists already, and its distance is known.
 * A label is the number of instructions that follow the one it names.
 */
export class Assembler {
  /** Last instruction first. */
  readonly #reversed: Instruction[] = [];
  readonly #returns = new Map<number, Label>();

  /** Ends the program with `k`. */
  return(k: number): Label {
    const known = this.#returns.get(k);
    if (known !== undefined && this.#distance(known) <= REACH) return known;
    const label = this.#push({ code: Op.return, whenTrue: 0, whenFalse: 0, k });
    this.#returns.set(k, label);
    return label;
  }

  /** Compares A with k. */
  branch(code: Condition, k: number, whenTrue: Label, whenFalse: Label): Label {
    if (whenTrue === whenFalse) return whenTrue;
    const nearTrue = this.#near(whenTrue);
    const nearFalse = this.#near(whenFalse);
    return this.#push({ code, whenTrue: this.#distance(nearTrue), whenFalse: this.#distance(nearFalse), k });
  }

  /** A = the word at `offset`, then on to `next`. */
  load(offset: number, next: Label): Label {
    this.#fallInto(next);
    return this.#push({ code: Op.load, whenTrue: 0, whenFalse: 0, k: offset });
  }

  /** A &= mask, then on to `next`. */
  and(mask: number, next: Label): Label {
    this.#fallInto(next);
    return this.#push({ code: Op.and, whenTrue: 0, whenFalse: 0, k: mask });
  }

  /** The program that starts at `entry`: an array of `struct sock_filter`, little endian. @throws RangeError when the kernel would not take it. */
  finish(entry: Label): Uint8Array {
    this.#fallInto(entry);
    const count = this.#reversed.length;
    if (count > MAX_INSTRUCTIONS) throw new RangeError(`${count} instructions, the kernel takes ${MAX_INSTRUCTIONS}`);
    const view = new DataView(new ArrayBuffer(count * INSTRUCTION_BYTES));
    this.#reversed.toReversed().forEach(({ code, whenTrue, whenFalse, k }, at) => {
      view.setUint16(at * INSTRUCTION_BYTES, code, true);
      view.setUint8(at * INSTRUCTION_BYTES + 2, whenTrue);
      view.setUint8(at * INSTRUCTION_BYTES + 3, whenFalse);
      view.setUint32(at * INSTRUCTION_BYTES + 4, k, true);
    });
    return new Uint8Array(view.buffer);
  }

  #push(instruction: Instruction): Label {
    this.#reversed.push(instruction);
    return (this.#reversed.length - 1) as Label;
  }

  /** What the next instruction has to jump over to get there. */
  #distance(label: Label): number {
    return this.#reversed.length - 1 - label;
  }

  #near(label: Label): Label {
    return this.#distance(label) <= REACH ? label : this.#trampoline(label);
  }

  #fallInto(label: Label): void {
    if (this.#distance(label) !== 0) this.#trampoline(label);
  }

  #trampoline(label: Label): Label {
    return this.#push({ code: Op.jump, whenTrue: 0, whenFalse: 0, k: this.#distance(label) });
  }
}
