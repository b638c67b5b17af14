/** Whatever is sent to the admin API: an answer that its description knows, never 500, never a fault in the log. */
import { ERRORS } from "@zygo/contracts";
import { fc, fuzz, FUZZ_DEADLINE_MS } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OPERATIONS } from "../src/operations.ts";
import { startControl, type Control } from "./control.ts";

let control: Control;
beforeAll(async () => {
  control = await startControl({ probeMs: 300 });
});
afterAll(() => control?.end());

const word = fc.oneof(
  fc.constantFrom("hello", "acme.hello", "live", "..", ".", "%2e%2e", "__proto__", "constructor", "a".repeat(300), "0", "-1", "NaN"),
  fc.string(),
  fc.string({ unit: "binary" }),
);
const value = fc.oneof(word, fc.jsonValue(), fc.constantFrom({ __proto__: { admin: true } }, [], "read", "admin", 1e300, -0));
const body = fc.oneof(
  fc
    .dictionary(
      fc.oneof(fc.constantFrom("name", "scopes", "tenant", "version", "weight", "limits", "env", "quota", "alias", "value"), fc.string()),
      value,
    )
    .map((object) => JSON.stringify(object)),
  fc.json(),
  fc.string(),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
);
const contentType = fc.constantFrom("application/json", "text/plain", "multipart/form-data; boundary=x", "multipart/form-data", "");
/** Streams are open for as long as their caller stays. */
const operation = fc.constantFrom(...OPERATIONS);
const input = fc.record({
  operation,
  words: fc.array(word, { minLength: 3, maxLength: 3 }),
  query: fc.dictionary(word, word),
  body,
  contentType,
});

test(
  "admin API",
  () =>
    fuzz("admin API", input, async ({ operation, words, query, body, contentType }) => {
      let turn = 0;
      const path = operation.path.replace(/\{\w+\}/g, () => encodeURIComponent(toWellFormed(words[turn++] ?? "")));
      const search = new URLSearchParams(
        Object.entries(query).map(([key, text]): [string, string] => [toWellFormed(key), toWellFormed(text)]),
      );
      if (operation.streams !== undefined) search.delete("follow");
      const method = operation.method.toUpperCase();
      const answer = await control.fetch(`${path}?${search}`, {
        method,
        ...(method === "GET" ? {} : { body }),
        headers: contentType === "" ? {} : { "content-type": contentType },
      });
      expect(answer.status, `${method} ${path}`).toBeLessThan(500);
      if (answer.status >= 400) expect(Object.keys(ERRORS)).toContain(((await answer.json()) as { code: string }).code);
      else await answer.body?.cancel();
    }),
  FUZZ_DEADLINE_MS,
);

test("nothing of it was a fault of ours", () => {
  expect(
    control
      .logged()
      .split("\n")
      .filter((line) => line.includes('"level":"error"')),
  ).toEqual([]);
});

function toWellFormed(text: string): string {
  return text.toWellFormed();
}
