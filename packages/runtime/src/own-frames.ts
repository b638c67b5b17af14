/** The file that this code runs from: one bundle in an instance. */
const OWN_FILE = ownFile();

/** Cuts a stack where it enters the runtime: what called the handler is no matter of the function's author. */
export function withoutOwnFrames(stack: string): string {
  if (OWN_FILE === undefined || !stack.includes(OWN_FILE)) return stack;
  let cutting = false;
  const kept: string[] = [];
  for (const line of stack.split("\n")) {
    if (!line.startsWith("    at ")) cutting = false;
    else if (line.includes(OWN_FILE)) cutting = true;
    if (!cutting) kept[kept.length] = line;
  }
  return kept.join("\n");
}

function ownFile(): string | undefined {
  return /\(?((?:file:\/\/)?\/[^\n()]*):\d+:\d+\)?$/m.exec(new Error("here").stack ?? "")?.[1];
}
