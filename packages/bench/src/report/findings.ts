import { showCell } from "../figures.ts";
import type { Finding } from "../finding.ts";
import { bars, type Bar } from "./bars.ts";
import { linePlot } from "./line-plot.ts";
import { escape, table } from "./markup.ts";

/** A chapter each: how it was measured, a drawing, and the whole table. */
export function findingChapters(findings: readonly Finding[]): string {
  return findings.map(chapter).join("\n");
}

function chapter(finding: Finding): string {
  const { title, how, head, rows, omitted, load } = finding;
  const drawing = draw(finding);
  const minded = omitted.length === 0 ? "" : `<p>${escape(omitted.join("; "))}</p>`;
  const cells = rows.map((row) => [row.label, ...row.cells.map(showCell)]);
  return `<h2>${escape(title)}</h2>
<p>${escape(how)} Load average ${load[0].toFixed(1)} before, ${load[1].toFixed(1)} after.</p>
${drawing === "" ? "" : `<figure>${drawing}</figure>`}${minded}
${table(["", ...head], cells)}`;
}

function draw({ title, head, rows, plot }: Finding): string {
  if ("lines" in plot) return `<figcaption>${escape(plot.title)}</figcaption>${linePlot(plot)}`;
  const { column, unit } = plot;
  const drawn = rows.flatMap(({ label, group, cells }): Bar[] => {
    const value = cells[column];
    return value === null || value === undefined || !Number.isFinite(value) ? [] : [{ label, group, value, shown: showCell(value) }];
  });
  if (drawn.length === 0) return "";
  const caption = head[column] ?? "";
  return `<figcaption>${escape(caption)}</figcaption>${bars(`${title}: ${caption}`, unit, drawn)}`;
}
