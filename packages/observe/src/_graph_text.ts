// Graphs as text that other programs draw.

import type { GraphModel, GraphNode } from "./_graph_model.ts";
import { toPlain } from "./_text.ts";

/** Characters of Mermaid's and of markdown's own, in the form that Mermaid has for any character. */
const MERMAID_OWN = /[^\p{L}\p{N} .,:;%/()-]/gu;

/** What makes a list of a line in markdown, in place of which Mermaid shows an error. */
const LIST_MARK = /^(\d*)([.)-])/;

/** https://mermaid.js.org/syntax/flowchart.html */
export function toMermaid({ groups, edges }: GraphModel): string {
  const escape = (text: string) =>
    toPlain(text).replace(MERMAID_OWN, toEntity)
      .replace(LIST_MARK, (_, number: string, mark: string) => number + toEntity(mark));
  const label = ({ key, lines }: GraphNode) => `"${[key, ...lines].map(escape).join("<br/>")}"`;
  let index = 0;
  const stages = groups.flatMap((group, loop) => {
    const nodes = group.map((node) => {
      const style = node.hasFailed ? ":::failed" : "";
      return `stage${index++}[${label(node)}]${style}`;
    });
    if (groups.length === 1 || group.length === 1) return nodes.map((node) => `  ${node}`);
    return [`  subgraph loop${loop} [" "]`, ...nodes.map((node) => `    ${node}`), "  end"];
  });
  const lines = [
    "flowchart TD",
    "  source([source])",
    ...stages,
    "  output([output])",
    ...chain(index).map(([from, to], edge) => {
      const count = edges[edge];
      return count === undefined ? `  ${from} --> ${to}` : `  ${from} -- "${count}" --> ${to}`;
    }),
    "  classDef failed stroke:#c0392b,stroke-width:2px",
  ];
  return `${lines.join("\n")}\n`;
}

/** https://graphviz.org/doc/info/lang.html */
export function toDot({ groups, edges }: GraphModel): string {
  // Graphviz reads entities such as &lt; in any label.
  const quote = (text: string) =>
    `"${toPlain(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("&", "&amp;")}"`;
  // A line break is two characters in DOT, which must not be escaped themselves.
  const label = ({ key, lines }: GraphNode) =>
    `"${[key, ...lines].map((line) => quote(line).slice(1, -1)).join("\\n")}"`;
  let index = 0;
  const stages = groups.flatMap((group, loop) => {
    const nodes = group.map((node) => {
      const color = node.hasFailed ? ', color="#c0392b", penwidth=2' : "";
      return `stage${index++} [label=${label(node)}${color}];`;
    });
    if (groups.length === 1 || group.length === 1) return nodes.map((node) => `  ${node}`);
    return [
      `  subgraph cluster${loop} {`,
      '    style="rounded"; color="#999999";',
      ...nodes.map((node) => `    ${node}`),
      "  }",
    ];
  });
  const lines = [
    "digraph pipeline {",
    '  node [shape=box, style=rounded, fontname="Helvetica"];',
    '  edge [fontname="Helvetica"];',
    "  source [shape=oval];",
    ...stages,
    "  output [shape=oval];",
    ...chain(index).map(([from, to], edge) => {
      const count = edges[edge];
      return count === undefined
        ? `  ${from} -> ${to};`
        : `  ${from} -> ${to} [label=${quote(count)}];`;
    }),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

function toEntity(character: string): string {
  return `#${character.codePointAt(0)};`;
}

/** The edges of a chain of so many stages. */
function chain(stages: number): [from: string, to: string][] {
  const names = [
    "source",
    ...Array.from({ length: stages }, (_, index) => `stage${index}`),
    "output",
  ];
  return names.slice(1).map((to, index) => [names[index]!, to]);
}
