import { expect, test } from "vitest";
import { parseTarget } from "./target.ts";

test.each([
  ["/fn/a", "a", null, "/"],
  ["/fn/a/", "a", null, "/"],
  ["/fn/a?x=1", "a", null, "/?x=1"],
  ["/fn/a/b//c%2F/../d?x=%20#f", "a", null, "/b//c%2F/../d?x=%20#f"],
  ["/fn/a@live", "a", "live", "/"],
  ["/fn/a%40live/x", "a", "live", "/x"],
  ["/fn/a@sha256%3Aab/@y", "a", "sha256:ab", "/@y"],
  ["/fn/a@b@c", "a", "b@c", "/"],
  ["/fn/", "", null, "/"],
  ["/fn/%zz/x", "%zz", null, "/x"],
  ["http://h/fn/a/x?y", "a", null, "/x?y"],
  ["HTTPS://h:1/fn/a", "a", null, "/"],
])("%s", (url, name, ref, path) => {
  expect(parseTarget(url)).toEqual(url.startsWith("HTTPS") ? null : { name, ref, path });
});

test.each(["/", "/fn", "/Fn/a", "*", "http://h/other", "http://fn/a"])("%s is no invoke URL", (url) => {
  expect(parseTarget(url)).toBeNull();
});
