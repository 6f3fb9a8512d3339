// A profile as a picture: above, work by stage with what is inside of it below, as wide as it took long;
// below, what each stage did of the time.

import type { RunProfile, StageProfile } from "./run_profile.ts";
import { CHARACTER_WIDTH, element, escapeXml, MARGIN, svgDocument, text } from "./_svg.ts";
import { cut, formatClock, formatMs, widthOf } from "./_text.ts";

const WIDTH = 860;
const ROW = 24;
const GAP = 2;
const BAR = 14;
const KEY_WIDTH = 190;
/** What is narrower than this has no label. */
const MIN_LABEL_WIDTH = 30;

const STYLE = [
  "text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#1f2933}.more{fill:#52606d}",
  ".box{fill:#f2b36b;stroke:#fff;stroke-width:1}.root{fill:#e6e9ed}.inner{fill:#f7d7ab}",
  ".onbox{fill:#1f2933}",
  ".working{fill:#2f9e5f}.noinput{fill:#cbd2d9}.heldback{fill:#e0a52e}",
  "@media (prefers-color-scheme:dark){text{fill:#e4e7eb}.more{fill:#9aa5b1}.onbox{fill:#1f2933}",
  ".box{stroke:#12181f}.noinput{fill:#52606d}}",
].join("");

const STATES = [
  ["workingShare", "working", "working"],
  ["noInputShare", "noinput", "no input"],
  ["heldBackShare", "heldback", "held back"],
] as const;

/** The document. */
export function toFlameSvg(profile: Omit<RunProfile, "text" | "svg">): string {
  const { durationMs, stages } = profile;
  const flame = drawFlame(profile);
  const top = MARGIN + flame.height + 34;
  const bars = stages.flatMap((stage, index) => drawStates(stage, top + 24 + index * ROW));
  const height = top + 24 + stages.length * ROW + MARGIN;
  const title = `Where the time of a run of ${formatClock(durationMs)} went`;
  return svgDocument({ width: WIDTH, height, title }, STYLE, [
    ...flame.parts,
    ...drawLegend(top),
    ...bars,
  ]);
}

function drawFlame(
  { status, durationMs, stages }: Omit<RunProfile, "text" | "svg">,
): { parts: string[]; height: number } {
  const room = WIDTH - 2 * MARGIN;
  const workMs = stages.reduce((sum, { ownMs }) => sum + ownMs, 0);
  const root = `${status} in ${formatClock(durationMs)}, ${formatMs(workMs)} of work`;
  const parts = [
    drawBox({ x: MARGIN, y: MARGIN, width: room, kind: "root", label: root, hint: root }),
  ];
  let depth = 1;
  let x = MARGIN;
  for (const { key, ownMs, callCount, inside } of stages) {
    if (ownMs === 0) continue;
    const width = ownMs * room / workMs;
    const label = `${key} ${formatMs(ownMs)}`;
    const hint = `${key}: ${formatMs(ownMs)} in ${callCount} calls`;
    parts.push(drawBox({ x, y: MARGIN + ROW, width, kind: "box", label, hint }));
    depth = Math.max(depth, 2);
    // Side by side, what is inside may take longer in sum than its stage.
    const scale = width / Math.max(ownMs, inside.reduce((sum, { ownMs }) => sum + ownMs, 0));
    let innerX = x;
    for (const inner of inside) {
      if (inner.ownMs === 0) continue;
      const innerWidth = inner.ownMs * scale;
      const what = `${inner.key} ${formatMs(inner.ownMs)}`;
      const more = `${key}, inside: ${inner.key}, ${
        formatMs(inner.ownMs)
      } in ${inner.callCount} calls`;
      const place = { x: innerX, y: MARGIN + 2 * ROW, width: innerWidth };
      parts.push(drawBox({ ...place, kind: "box inner", label: what, hint: more }));
      depth = 3;
      innerX += innerWidth;
    }
    x += width;
  }
  return { parts, height: depth * ROW };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly kind: string;
  readonly label: string;
  /** What is shown where the pointer rests. */
  readonly hint: string;
}

function drawBox({ x, y, width, kind, label, hint }: Box): string {
  const columns = Math.floor((width - 10) / CHARACTER_WIDTH);
  const shown = width < MIN_LABEL_WIDTH || widthOf(label) === 0 ? [] : [cut(label, columns)];
  return element(
    "g",
    {},
    element("rect", { class: kind, x: round(x), y, width: round(width), height: ROW - GAP, rx: 2 }),
    ...shown.map((label) => text({ class: "onbox", x: round(x) + 5, y: y + 15 }, label)),
    element("title", {}, escapeXml(hint)),
  );
}

function drawLegend(y: number): string[] {
  return STATES.flatMap(([, kind, label], index) => {
    const x = MARGIN + KEY_WIDTH + index * 110;
    return [
      element("rect", { class: kind, x, y, width: 12, height: 12, rx: 2 }),
      text({ class: "more", x: x + 18, y: y + 10 }, label),
    ];
  });
}

function drawStates(stage: StageProfile, y: number): string[] {
  const room = WIDTH - 2 * MARGIN - KEY_WIDTH;
  const key = cut(stage.key, Math.floor((KEY_WIDTH - 12) / CHARACTER_WIDTH));
  let x = MARGIN + KEY_WIDTH;
  return [
    text({ x: MARGIN, y: y + 12 }, key),
    ...STATES.flatMap(([share, kind, label]) => {
      const width = stage[share] * room;
      if (width === 0) return [];
      const hint = `${stage.key}: ${label} for ${Math.round(stage[share] * 100)} % of the time`;
      const bar = element("rect", {
        class: kind,
        x: round(x),
        y,
        width: round(width),
        height: BAR,
      });
      x += width;
      return [element("g", {}, bar, element("title", {}, escapeXml(hint)))];
    }),
  ];
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}
