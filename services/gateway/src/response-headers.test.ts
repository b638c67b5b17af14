import { expect, test } from "vitest";
import { sentHeaders } from "./response-headers.ts";

test("hop-by-hop and platform headers are taken out, what Connection names too; the rest stays in order, repeated", () => {
  const { flat } = sentHeaders([
    ["Set-Cookie", "a"],
    ["Connection", "X-Hop, close"],
    ["x-hop", "1"],
    ["Transfer-Encoding", "chunked"],
    ["X-Fn-Start", "forged"],
    ["set-cookie", "b"],
    ["server-timing", "db;dur=3"],
  ]);
  expect(flat).toEqual(["set-cookie", "a", "set-cookie", "b", "server-timing", "db;dur=3"]);
});

test.each([
  [["12"], 12],
  [["0"], 0],
  [[], undefined],
  [["-1"], undefined],
  [["1e3"], undefined],
  [["12, 12"], undefined],
  [["3", "4"], 3],
])("content-length %j is %d", (values, length) => {
  const { flat, contentLength } = sentHeaders(values.map((value) => ["Content-Length", value]));
  expect([flat, contentLength]).toEqual([[], length]);
});
