import { expect, test } from "vitest";
import { locateIssues } from "./locate-config.ts";

const TEXT = `import { memoryMb } from "./x.ts";
export default () => memoryMb;
export const config: FunctionConfig = {
  timeoutMs: 5,
  "memoryMb": "lots", memory: 1,
};
`;

test("a member of config is pointed at where it is written", () => {
  const [place] = locateIssues("a.ts", TEXT, [{ path: ["memoryMb"], message: "expected number" }]);
  expect(place).toEqual({
    file: "a.ts",
    line: 5,
    column: 4,
    length: 8,
    lineText: `  "memoryMb": "lots", memory: 1,`,
    text: "config.memoryMb: expected number",
  });
});

test("an unknown member is found by the name in the message", () => {
  const [place] = locateIssues("a.ts", TEXT, [{ path: [], message: 'Unrecognized key: "memory"' }]);
  expect(place).toMatchObject({ line: 5, column: 23, text: 'config: Unrecognized key: "memory"' });
});

test("a member that is not written out points at config; a file without config has no place", () => {
  const issues = [{ path: ["cpu"], message: "expected number" }];
  expect(locateIssues("a.ts", TEXT, issues)[0]).toMatchObject({ line: 3, column: 14, length: 6 });
  expect(locateIssues("a.ts", "export * from './b.ts'", issues)[0]).toMatchObject({ file: "a.ts", line: 0 });
});
