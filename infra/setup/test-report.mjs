import { readFileSync } from "node:fs";

/**
 * What vitest's JSON report says of a run: the status of each test by its file and name. Empty when vitest wrote none.
 *
 * @typedef {Map<string, string>} Statuses
 */

/**
 * @param {string} path
 * @returns {{ statuses: Statuses, failedFiles: string[] }} a file that does not load counts as failed, and has no tests
 */
export function readReport(path) {
  /** @type {{ name: string, status: string, assertionResults: { status: string, fullName: string }[] }[]} */
  let files;
  try {
    files = JSON.parse(readFileSync(path, "utf8")).testResults;
  } catch {
    return { statuses: new Map(), failedFiles: [] };
  }
  const tests = files.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ status, fullName }) => /** @type {const} */ ([`${name} > ${fullName}`, status])),
  );
  return { statuses: new Map(tests), failedFiles: files.filter(({ status }) => status === "failed").map(({ name }) => name) };
}

/**
 * @param {Statuses} statuses
 * @param {string} wanted
 */
export const withStatus = (statuses, wanted) => [...statuses].filter(([, status]) => status === wanted).map(([name]) => name);
