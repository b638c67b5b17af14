import { makeApiKey, signCaller } from "@zygo/contracts";
import { describe, expect, test } from "vitest";
import { seenRequest, type SeenRequest } from "./request-headers.ts";

const NOW = 1_800_000_000_000;
const SECRET = "ab".repeat(32);
const OURS = ["host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];

function see(headers: [string, string][], remoteAddress = "203.0.113.7", takesKey = false): SeenRequest {
  const one = (wanted: string): string | undefined => headers.find(([name]) => name === wanted)?.[1];
  const given = { connection: one("connection"), key: one("x-fn-key"), takesKey, remoteAddress };
  return seenRequest({ rawHeaders: headers.flat(), nowMs: NOW, linkSecret: SECRET, ...given });
}

const theirs = (seen: SeenRequest): string[][] => seen.headers.filter(([name]) => !OURS.includes(name));
const value = (seen: SeenRequest, name: string): string[] => seen.headers.filter(([key]) => key === name).map(([, text]) => text);

test("names go to lower case; values, order and repetition stay", () => {
  const seen = see([
    ["Host", "a"],
    ["X-B", "1"],
    ["Cookie", "x=1"],
    ["x-b", "2"],
    ["x-a", ""],
  ]);
  expect(theirs(seen)).toEqual([
    ["x-b", "1"],
    ["cookie", "x=1"],
    ["x-b", "2"],
    ["x-a", ""],
  ]);
});

test.each([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "proxy-authorization",
  "expect",
  "forwarded",
])("%s ends at the gateway", (name) => {
  expect(
    theirs(
      see([
        ["host", "a"],
        [name, "x"],
      ]),
    ),
  ).toEqual([]);
});

test("what Connection names ends too, but not what the gateway says itself", () => {
  const seen = see([
    ["host", "a"],
    ["connection", "X-Hop , host, x-forwarded-for"],
    ["x-hop", "1"],
    ["x-stays", "1"],
  ]);
  expect(theirs(seen)).toEqual([["x-stays", "1"]]);
  expect([value(seen, "host"), value(seen, "x-forwarded-for")]).toEqual([["a"], ["203.0.113.7"]]);
});

test.each(["x-fn-depth", "X-Fn-Request-Id", "x-fn-version", "x-fn-anything"])("%s from outside is not believed", (name) => {
  expect(
    theirs(
      see([
        ["host", "a"],
        [name, "1"],
      ]),
    ),
  ).toEqual([]);
});

test("the scheme is believed from a proxy on this machine only", () => {
  const said: [string, string][] = [
    ["host", "a.example:8443"],
    ["x-forwarded-proto", "HTTPS"],
  ];
  expect(see(said, "::ffff:127.0.0.1").origin).toBe("https://a.example:8443");
  expect(see(said, "203.0.113.7").origin).toBe("http://a.example:8443");
  expect(
    see(
      [
        ["host", "a"],
        ["x-forwarded-proto", "javascript"],
      ],
      "127.0.0.1",
    ).origin,
  ).toBe("http://a");
});

test.each(["", "a/b", "a?b", "a#b", "u@a", "a b", "a\\b", "a:99999", "[::1", "a,b:1:2"])("Host %j is refused", (host) => {
  expect(() => see([["host", host]])).toThrowError(expect.objectContaining({ code: "INVALID_REQUEST" }));
});

test.each(["a", "a.b-c:80", "127.0.0.1:8080", "[::1]:80", "xn--bcher-kva.example"])("Host %s is taken", (host) => {
  expect(see([["host", host]]).origin).toBe(`http://${host}`);
});

test("two Hosts, or none, are refused", () => {
  expect(() =>
    see([
      ["host", "a"],
      ["Host", "a"],
    ]),
  ).toThrowError(expect.objectContaining({ code: "INVALID_REQUEST" }));
  expect(() => see([])).toThrowError(expect.objectContaining({ code: "INVALID_REQUEST" }));
});

describe("a caller that the platform signed", () => {
  const signed = (depth: number): [string, string][] => [
    ["host", "a"],
    ["x-fn-caller", signCaller({ function: "shop", depth }, NOW, SECRET)],
    ["x-fn-depth", "0"],
  ];

  test("is passed on, with the depth that was signed", () => {
    const seen = see(signed(7));
    expect(theirs(seen)).toEqual([
      ["x-fn-caller", "shop"],
      ["x-fn-depth", "7"],
    ]);
    expect(seen.caller).toEqual({ function: "shop", depth: 7 });
  });

  test("may not be too deep", () => {
    expect(() => see(signed(8))).toThrowError(expect.objectContaining({ code: "CALL_DEPTH_EXCEEDED" }));
  });

  test("with a forged signature is a call from outside", () => {
    const seen = see([
      ["host", "a"],
      ["x-fn-caller", `shop;0;${NOW};${"0".repeat(64)}`],
    ]);
    expect([seen.caller, theirs(seen)]).toEqual([null, []]);
  });
});

describe("an API key never reaches the function", () => {
  const { key } = makeApiKey();
  const authorization = (text: string): [string, string][] => [
    ["host", "h"],
    ["Authorization", text],
  ];

  test("a bearer token is one where the function asks for a key", () => {
    expect(see(authorization("Bearer fn_old"), "203.0.113.7", true)).toMatchObject({ key: "fn_old" });
    expect(theirs(see(authorization("Bearer fn_old"), "203.0.113.7", true))).toEqual([]);
  });

  test("where it asks for none the header is the function's, unless it has the form of a key", () => {
    expect(theirs(see(authorization("Bearer theirs")))).toEqual([["authorization", "Bearer theirs"]]);
    expect(see(authorization("Bearer theirs")).key).toBeNull();
    expect(theirs(see(authorization(`Bearer ${key}`)))).toEqual([]);
  });

  test("x-fn-key leaves Authorization to the function", () => {
    const seen = see([["x-fn-key", key], ...authorization("Bearer theirs")], "203.0.113.7", true);
    expect([seen.key, theirs(seen)]).toEqual([key, [["authorization", "Bearer theirs"]]]);
  });

  test("another scheme is no key", () => {
    const seen = see(authorization("Basic abc"), "203.0.113.7", true);
    expect([seen.key, theirs(seen)]).toEqual([null, [["authorization", "Basic abc"]]]);
  });
});
