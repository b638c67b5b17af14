/** Where a service under test logs to: its lines, parsed, are added to `lines`. */
export function logLines(lines: Record<string, unknown>[]): { write(text: string): void; flush(): void } {
  return {
    write: (text) => {
      for (const line of text.trimEnd().split("\n")) lines.push(JSON.parse(line) as Record<string, unknown>);
    },
    flush: () => undefined,
  };
}
