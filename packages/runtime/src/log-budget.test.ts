import { expect, test } from "vitest";
import { INVOCATION_LOG_BYTES, LogBudget } from "./log-budget.ts";

test("what fits is taken, the first that does not is told of, and nothing after it", () => {
  const budget = new LogBudget();
  expect(budget.used).toBe(false);
  expect(budget.take(INVOCATION_LOG_BYTES)).toBe("fits");
  expect(budget.take(1)).toBe("last");
  expect(budget.take(0)).toBe("over");
  expect(budget.used).toBe(true);
});
