// Graphs as text that other programs draw.

import type { GraphModel, GraphNode } from "./_graph_model.ts";
import { toPlain } from "./_text.ts";

/** Characters of Mermaid's and of markdown's own, in the form that Mermaid has for any character. */
const MERMAID_OWN = /[^\p{L}\p{N} .,:;%/()-]/gu;

/** What makes a list of a line in markdown, in place of which Mermaid shows an error. */
const LIST_MARK = /^(\d*)([.)-])/;

/** What Mermaid reads in a label in whatever form it is written: a line break, a formula, an icon. */
const MERMAID_FORM = /\\(?=n)|\$(?=\$)|:(?=fa-)/g;

/** It is not seen, and keeps the two parts of such a form from being one. */
const WORD_JOINER = "\u2060";

/** A statement of Mermaid's, even where it stands in a label. */
const STATEMENT = /d(?=irection )/g;

/** https://mermaid.js.org/syntax/flowchart.html */
export function toMermaid(graph: GraphModel): string {
  const escape = (text: string) =>
    toPlain(text).replace(MERMAID_FORM, `$&${WORD_JOINER}`).replace(MERMAID_OWN, toEntity)
      .replace(STATEMENT, toEntity)
      .replace(LIST_MARK, (_, number: string, mark: string) => number + toEntity(mark));
  const label = ({ key, lines }: GraphNode) => `"${[key, ...lines].map(escape).join("<br/>")}"`;
  const lines = [
    "flowchart TD",
    "  source([source])",
    ...drawStages(
      graph,
      (name, node) => `${name}[${label(node)}]${node.hasFailed ? ":::failed" : ""}`,
      (loop) => [[`subgraph loop${loop} [" "]`], "end"],
    ),
    "  output([output])",
    ...drawEdges(graph, (from, to, count) => {
      return count === undefined ? `${from} --> ${to}` : `${from} -- "${count}" --> ${to}`;
    }),
    "  classDef failed stroke:#c0392b,stroke-width:2px",
  ];
  return `${lines.join("\n")}\n`;
}

/** https://graphviz.org/doc/info/lang.html */
export function toDot(graph: GraphModel): string {
  // Graphviz reads entities such as &lt; in any label.
  const quote = (text: string) =>
    `"${toPlain(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("&", "&amp;")}"`;
  // A line break is two characters in DOT, which must not be escaped themselves.
  const label = ({ key, lines }: GraphNode) =>
    `"${[key, ...lines].map((line) => quote(line).slice(1, -1)).join("\\n")}"`;
  const lines = [
    "digraph pipeline {",
    '  node [shape=box, style=rounded, fontname="Helvetica"];',
    '  edge [fontname="Helvetica"];',
    "  source [shape=oval];",
    ...drawStages(
      graph,
      (name, node) => {
        const color = node.hasFailed ? ', color="#c0392b", penwidth=2' : "";
        return `${name} [label=${label(node)}${color}];`;
      },
      (loop) => [[`subgraph cluster${loop} {`, '  style="rounded"; color="#999999";'], "}"],
    ),
    "  output [shape=oval];",
    ...drawEdges(graph, (from, to, count) => {
      return `${from} -> ${to}${count === undefined ? "" : ` [label=${quote(count)}]`};`;
    }),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

function toEntity(character: string): string {
  return `#${character.codePointAt(0)};`;
}

/** A line for each stage; several of one loop are in a frame, where there are other loops. */
function drawStages(
  { groups }: GraphModel,
  toLine: (name: string, node: GraphNode) => string,
  toFrame: (loop: number) => readonly [opening: readonly string[], closing: string],
): string[] {
  let index = 0;
  return groups.flatMap((group, loop) => {
    const lines = group.map((node) => toLine(`stage${index++}`, node));
    if (groups.length === 1 || group.length === 1) return lines;
    const [opening, closing] = toFrame(loop);
    return [...opening, ...lines.map((line) => `  ${line}`), closing];
  }).map((line) => `  ${line}`);
}

/** A line for each edge, from the source to the output. */
function drawEdges(
  { groups, edges }: GraphModel,
  toLine: (from: string, to: string, count: string | undefined) => string,
): string[] {
  const names = ["source", ...groups.flat().map((_node, index) => `stage${index}`), "output"];
  return edges.map((count, index) => `  ${toLine(names[index]!, names[index + 1]!, count)}`);
}
