/** Tables as text and as Markdown, and figures as they stand in them. @module */

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How many columns are words, from the left. @default 1 */
  readonly words?: number;
}

/** In aligned columns. */
export function toText({ title, head, rows, words = 1 }: Table): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? "").length))
  );
  const aligned = lines.map((line) =>
    line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column < words ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd()
  );
  return [title, ...aligned.map((line) => `  ${line}`)].join("\n");
}

export function toMarkdown({ title, head, rows, words = 1 }: Table): string {
  const toLine = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = head.map((_, column) => column < words ? "---" : "--:");
  return [`**${title}**`, "", ...[head, rule, ...rows].map(toLine)].join("\n");
}

export function toCount(value: number): string {
  return Math.round(value).toLocaleString("en");
}

export function toNanoseconds(value: number): string {
  return value < 100 ? value.toFixed(1) : toCount(value);
}

export function toTimes(ratio: number): string {
  if (Number.isNaN(ratio)) return "–";
  return ratio < 100 ? ratio.toFixed(2) : toCount(ratio);
}

export function toKilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
