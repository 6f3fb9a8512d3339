// Tables and numbers of the pages that the tools write.

/** A table in Markdown. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, at) =>
    Math.max(...[head, ...rows].map((row) => row[at]!.length), name.length)
  );
  const toRow = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [toRow(head), rule, ...rows.map(toRow)].join("\n");
}

/** A number with separators between its thousands. */
export function toText(count: number): string {
  return count.toLocaleString("en-US");
}
