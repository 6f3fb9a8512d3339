// A graph as an SVG document: a chain needs no layout but its order.

import type { GraphModel, GraphNode } from "./_graph_model.ts";
import { CHARACTER_WIDTH, element, MARGIN, svgDocument, text } from "./_svg.ts";
import { cut, widthOf } from "./_text.ts";

const GROUP_PADDING = 10;
const LINE_HEIGHT = 16;
const BOX_PADDING = 10;
const EDGE_HEIGHT = 34;
const END_HEIGHT = 28;
const MIN_WIDTH = 160;
const MAX_COLUMNS = 48;

const STYLE = [
  "text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#1f2933}",
  ".key{font-weight:600}.more{fill:#52606d}",
  "rect{fill:#fff;stroke:#7b8794}.group{fill:none;stroke:#cbd2d9;stroke-dasharray:4 3}",
  ".failed{stroke:#c0392b;stroke-width:2}path{stroke:#7b8794;fill:none}.head{fill:#7b8794}",
  "@media (prefers-color-scheme:dark){text{fill:#e4e7eb}.more{fill:#9aa5b1}rect{fill:#1f2933}",
  ".group{fill:none;stroke:#52606d}}",
].join("");

/** The document. */
export function toSvg({ groups, edges }: GraphModel): string {
  const nodes = groups.flat();
  const columns = Math.min(
    MAX_COLUMNS,
    Math.max(...nodes.flatMap(({ key, lines }) => [key, ...lines]).map(widthOf), 0),
  );
  const width = Math.max(MIN_WIDTH, columns * CHARACTER_WIDTH + 2 * BOX_PADDING);
  const left = MARGIN + GROUP_PADDING;
  const center = left + width / 2;
  const parts: string[] = [];
  let y = MARGIN;
  let edge = 0;
  const drawEnd = (label: string) => {
    const box = { x: center - 45, y, width: 90, height: END_HEIGHT, rx: END_HEIGHT / 2 };
    parts.push(
      element("rect", box),
      text({ x: center, y: y + 18, "text-anchor": "middle" }, label),
    );
    y += END_HEIGHT;
  };
  const drawEdge = () => {
    const tip = y + EDGE_HEIGHT;
    parts.push(
      element("path", { d: `M${center} ${y}V${tip - 6}` }),
      element("path", { class: "head", d: `M${center - 4} ${tip - 7}h8l-4 7z` }),
    );
    const count = edges[edge++];
    if (count !== undefined) parts.push(text({ class: "more", x: center + 8, y: y + 20 }, count));
    y = tip;
  };
  drawEnd("source");
  for (const group of groups) {
    drawEdge();
    const top = y;
    for (const [index, node] of group.entries()) {
      if (index > 0) drawEdge();
      const { markup, height } = drawNode(node, { x: left, y, width });
      parts.push(markup);
      y += height;
    }
    if (group.length > 1 && groups.length > 1) {
      const box = { x: MARGIN, y: top - GROUP_PADDING, width: width + 2 * GROUP_PADDING };
      // Behind its stages, so that it covers none.
      parts.unshift(
        element("rect", { class: "group", ...box, height: y - top + 2 * GROUP_PADDING, rx: 8 }),
      );
    }
  }
  drawEdge();
  drawEnd("output");
  const size = { width: width + 2 * left, height: y + MARGIN };
  const title = `A pipeline of ${nodes.length} stages: ${nodes.map(({ key }) => key).join(", ")}`;
  return svgDocument({ ...size, title }, STYLE, parts);
}

function drawNode(
  { key, lines, hasFailed }: GraphNode,
  { x, y, width }: { x: number; y: number; width: number },
): { markup: string; height: number } {
  const height = (lines.length + 1) * LINE_HEIGHT + 2 * BOX_PADDING - 4;
  const line = (content: string, index: number) =>
    text({
      class: index === 0 ? "key" : "more",
      x: x + BOX_PADDING,
      y: y + BOX_PADDING + index * LINE_HEIGHT + 10,
    }, cut(content, MAX_COLUMNS));
  const markup =
    element("rect", { class: hasFailed ? "failed" : undefined, x, y, width, height, rx: 6 }) +
    [key, ...lines].map(line).join("");
  return { markup, height };
}
