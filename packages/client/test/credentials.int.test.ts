import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findCredentials } from "../src/index.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "zygo-home-"));
});
afterEach(() => rm(home, { recursive: true }));

const put = (content: string): Promise<void> => writeFile(join(home, "credentials.json"), content);

test("finds what npm start left", async () => {
  await put(JSON.stringify({ url: "http://127.0.0.1:8080", apiKey: "secret" }));
  expect(await findCredentials(home)).toEqual({ url: "http://127.0.0.1:8080", apiKey: "secret" });
});

test("none when nothing ran there", async () => {
  expect(await findCredentials(home)).toBeNull();
  expect(await findCredentials(join(home, "missing"))).toBeNull();
});

test.each(["{", "null", '{"url":"x","apiKey":"y"}', '{"url":"http://h"}'])(
  "a damaged file (%s) is told, without its content",
  async (content) => {
    await put(content);
    await expect(findCredentials(home)).rejects.toMatchObject({
      code: "BAD_CREDENTIALS",
      detail: expect.stringContaining("damaged") as string,
    });
  },
);
