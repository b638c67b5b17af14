import { showCell } from "../figures.ts";
import type { BenchResult } from "../result.ts";
import { escape } from "./markup.ts";

/** Every figure that is asked for and was measured: what, how much, what was found, reached or missed. Empty when there is none. */
export function asked({ targets }: BenchResult): string {
  const judged = targets.filter(({ reached }) => reached !== null);
  if (judged.length === 0) return "";
  const reached = judged.filter((each) => each.reached).length;
  const rows = judged.map(({ what, asked: bound, found, unit, reached: isReached }) => {
    const verdict = isReached === true ? "reached" : "missed";
    return `<tr class="${verdict}"><td>${escape(what)}</td><td>${escape(bound)}</td><td>${escape(`${showCell(found)}${unit}`)}</td><td>${verdict}</td></tr>`;
  });
  const left = targets.length - judged.length;
  return `<h2>What is asked</h2>
<p>${reached} of ${judged.length} reached${left === 0 ? "" : `; ${left} were not measured in this run`}.</p>
<div class="scroll"><table><thead><tr><th></th><th>asked</th><th>found</th><th></th></tr></thead><tbody>
${rows.join("\n")}
</tbody></table></div>`;
}
