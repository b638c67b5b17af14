import type { LogLine } from "@zygo/contracts";
import { expect, test } from "vitest";
import { logStream } from "./log-stream.ts";

const line = (id: string): LogLine => ({ id, time: 1, level: "info", requestId: null, version: "v", message: id });
const never = new AbortController().signal;

/** A log that yields these and then waits for the reader to leave. */
function source(lines: LogLine[]): {
  positions: (string | undefined)[];
  followLogs: (name: string, o: { after?: string | undefined; signal: AbortSignal }) => AsyncGenerator<LogLine, void, undefined>;
  left: Promise<void>;
} {
  const positions: (string | undefined)[] = [];
  const left = Promise.withResolvers<void>();
  return {
    positions,
    left: left.promise,
    async *followLogs(_name, { after, signal }) {
      positions.push(after);
      yield* lines;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      left.resolve();
    },
  };
}

const idsOf = (text: string): string[] =>
  text
    .trim()
    .split("\n")
    .filter((each) => each !== "")
    .map((each) => (JSON.parse(each) as LogLine).id);

test("without follow it ends with the last line", async () => {
  const body = logStream(source([]), { name: "a", lines: [line("1-0"), line("2-0")], after: undefined, follow: false, stopping: never });
  expect(idsOf(await new Response(body).text())).toEqual(["1-0", "2-0"]);
});

test.each([
  [[line("1-0"), line("2-0")], "0-5", "2-0"],
  [[], "0-5", "0-5"],
  [[], undefined, "0-0"],
])("following goes on behind the last line that is known (%#)", async (lines, after, position) => {
  const log = source([]);
  const reader = logStream(log, { name: "a", lines, after, follow: true, stopping: never }).getReader();
  await reader.read();
  const pending = reader.read();
  await expect.poll(() => log.positions).toEqual([position]);
  await reader.cancel();
  expect((await pending).done).toBe(true);
  await log.left;
});

test("silence is broken by blank lines, from the beginning", async () => {
  const reader = logStream(source([line("1-0")]), { name: "a", lines: [], after: undefined, follow: true, stopping: never }, 1).getReader();
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("\n");
  const first = Buffer.from((await reader.read()).value ?? []).toString();
  expect(idsOf(first)).toEqual(["1-0"]);
  for (let signs = 0; signs < 3; signs++) expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("\n");
  await reader.cancel();
});
