const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as text, in elements and in quoted attributes. */
export const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);

/** One decimal of a pixel is enough. */
export const px = (value: number): string => String(Math.round(value * 10) / 10);

/** A drawing as wide as its column. `title` is what it shows, for those who do not see it. */
export function svg(title: string, [width, height]: readonly [number, number], parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">\n${parts.join("\n")}\n</svg>`;
}

export function text(x: number, y: number, content: string, attributes = ""): string {
  return `<text x="${px(x)}" y="${px(y)}" ${attributes}>${escape(content)}</text>`;
}

export function line([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number], className: string): string {
  return `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" class="${className}"/>`;
}

/** A table whose first column is text and whose other columns are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string => row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("");
  const body = rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("\n");
  return `<div class="scroll"><table><thead><tr>${cells("th", head)}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}
