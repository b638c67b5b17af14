import { FrameError, WINDOW_BYTES } from "@zygo/contracts/frames";
import { expect, test } from "vitest";
import { Credit } from "./credit.ts";

test("a whole window may be outstanding, one byte more not", () => {
  const credit = new Credit();
  credit.spend(WINDOW_BYTES);
  expect(() => credit.spend(1)).toThrow(FrameError);
});
test("returned credit can be spent again", () => {
  const credit = new Credit();
  for (let round = 0; round < 3; round++) {
    credit.spend(WINDOW_BYTES);
    credit.refund(WINDOW_BYTES);
  }
});
test("credit for bytes never received is refused", () => {
  const credit = new Credit();
  credit.spend(10);
  expect(() => credit.refund(11)).toThrow(FrameError);
});
