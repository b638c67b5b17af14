/** One complaint about the developer's code. */
export interface BundleMessage {
  /** Absolute; null when no file is to blame. */
  file: string | null;
  /** From 1; 0 when unknown. */
  line: number;
  /** In characters, from 1; 0 when unknown. */
  column: number;
  /** Characters that the complaint is about; 0 when unknown. */
  length: number;
  text: string;
  lineText: string;
  /** What to do next, one sentence. */
  hint?: string;
}

/** The function cannot be bundled: the developer's to mend. `messages` has at least one entry. */
export class BundleError extends Error {
  override name = "BundleError";
  readonly messages: BundleMessage[];

  constructor(messages: BundleMessage[], options?: ErrorOptions) {
    super(messages.map(oneLine).join("\n"), options);
    this.messages = messages;
  }
}

/** The bundler did not run or ended early: the machine's fault, not the function's. */
export class BundlerFailedError extends Error {
  override name = "BundlerFailedError";
}

/** A complaint about no file in particular. */
export const plainMessage = (text: string, hint?: string, file: string | null = null): BundleMessage => ({
  file,
  line: 0,
  column: 0,
  length: 0,
  text,
  lineText: "",
  ...(hint === undefined ? {} : { hint }),
});

function oneLine({ file, line, column, text }: BundleMessage): string {
  if (file === null) return text;
  return line === 0 ? `${file}: ${text}` : `${file}:${line}:${column}: ${text}`;
}
