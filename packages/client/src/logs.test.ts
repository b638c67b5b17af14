import { expect, test } from "vitest";
import { parseLines } from "./logs.ts";

const line = (id: string, message: string): string =>
  JSON.stringify({ id, time: 1, level: "info", requestId: null, version: "v", message });

/** A body that arrives in pieces of `size` bytes. */
function pieces(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
  return ReadableStream.from(chunks);
}

async function messages(body: ReadableStream<Uint8Array>): Promise<string[]> {
  const all: string[] = [];
  for await (const entry of parseLines(body)) all.push(entry.message);
  return all;
}

test.each([1, 7, 10_000])("lines are whole however they arrive: %i bytes at a time", async (size) => {
  const text = `${line("1-0", "grüße 🎈")}\n\n\n${line("2-0", "two")}\n`;
  expect(await messages(pieces(text, size))).toEqual(["grüße 🎈", "two"]);
});

test("a last line without a newline counts", async () => {
  expect(await messages(pieces(line("1-0", "end"), 5))).toEqual(["end"]);
});

test.each(["nonsense\n", '{"id":1}\n', "<html>"])("%j is no log line", async (text) => {
  await expect(messages(pieces(text, 100))).rejects.toMatchObject({ code: "UNEXPECTED_ANSWER" });
});

test("a line without an end is refused before memory is", async () => {
  const endless = ReadableStream.from(
    (function* () {
      for (;;) yield Buffer.alloc(65_536, "x");
    })(),
  );
  await expect(messages(endless)).rejects.toMatchObject({ code: "UNEXPECTED_ANSWER" });
});
