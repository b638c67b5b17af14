import { describe, expect, test } from "vitest";
import { createSealer } from "./sealed.ts";

const KEY = "ab".repeat(32);
const sealer = createSealer(KEY);

describe("sealed values", () => {
  test.each(["", "a secret", "ü💧".repeat(5000)])("%# open to what was sealed, and show nothing of it", (text) => {
    const sealed = sealer.seal(text, "webhook:a/b");
    expect(sealed).toMatch(/^s1\.[0-9a-f]{8}\.[\w-]+$/);
    expect(sealer.open(sealed, "webhook:a/b")).toBe(text);
    expect(sealer.seal(text, "webhook:a/b")).not.toBe(sealed);
  });

  test("a value opens in its own place alone", () => {
    const sealed = sealer.seal("x", "webhook:a/b");
    expect(() => sealer.open(sealed, "webhook:a/c")).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  });

  test("another key's value is refused, and the log learns which key it needs", () => {
    const other = createSealer("cd".repeat(32)).seal("x", "c");
    expect(() => sealer.open(other, "c")).toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({ message: expect.stringContaining("sealed with key") as string }) as Error,
      }),
    );
  });

  test.each(["", "s1", "s2.a.b", "s1..", "plain text"])("%j is no sealed value", (text) => {
    expect(() => sealer.open(text, "c")).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  });

  test("one flipped bit, or a shorter tag, is noticed", () => {
    const [format, id, payload = ""] = sealer.seal("a secret", "c").split(".");
    const bytes = Buffer.from(payload, "base64url");
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => sealer.open(`${format}.${id}.${changed.toString("base64url")}`, "c")).toThrow();
    }
    expect(() => sealer.open(`${format}.${id}.${bytes.subarray(0, 20).toString("base64url")}`, "c")).toThrow();
  });

  test.each(["", "ab", "zz".repeat(32), "ab".repeat(33)])("%j is no key", (text) => {
    expect(() => createSealer(text)).toThrow("32 bytes in hex");
  });
});
