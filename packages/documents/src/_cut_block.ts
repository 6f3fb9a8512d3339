import { partsOf, safeCut } from "./_safe_cut.ts";
import type { Block } from "./read_markdown.ts";
import type { TokenCounter } from "./token_counter.ts";

/** Limits of pieces, in tokens. */
export interface PieceLimits {
  readonly maxTokens: number;
  readonly overlapTokens: number;
  readonly countTokens: TokenCounter;
}

/** A part of a block that fits into a chunk. */
export interface Piece {
  readonly text: string;
  readonly tokens: number;
  /** Goes on in the middle of a block: it is not joined to the piece before, which is where it was cut. */
  readonly continues: boolean;
}

/** A word that is longer is cut; so is what has no words, such as a picture in base64. */
const MAX_WORD_CHARS = 32;

const SEGMENTER: Intl.Segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/** Cuts a block into pieces within the limits: at lines, sentences or words, in that order. */
export function cutBlock(block: Block, limits: PieceLimits): Piece[] {
  const whole = count(block.text, limits);
  const units = whole.tokens <= limits.maxTokens
    ? [whole]
    : block.kind === "table"
    ? cutTable(block.text, limits)
    : cutText(block.text, limits, block.kind === "text" ? limits.overlapTokens : 0);
  return units.filter(({ text }) => text.trim() !== "")
    .map((unit, at) => ({ ...unit, continues: at > 0 }));
}

/** A text and its tokens. */
interface Unit {
  readonly text: string;
  readonly tokens: number;
}

function count(text: string, { countTokens }: PieceLimits): Unit {
  return { text, tokens: countTokens(text) };
}

/** Each piece begins with the header, unless that takes half of it. */
function cutTable(text: string, limits: PieceLimits): Unit[] {
  const lines = text.split("\n");
  const header = count(`${lines[0]}\n${lines[1] ?? ""}\n`, limits);
  const repeats = header.tokens * 2 <= limits.maxTokens;
  const body = (repeats ? lines.slice(2) : lines).join("\n");
  const room = { ...limits, maxTokens: limits.maxTokens - (repeats ? header.tokens + 1 : 0) };
  return cutText(body, room, 0).map((part) =>
    repeats ? count(header.text + part.text, limits) : part
  );
}

function cutText(text: string, limits: PieceLimits, overlapTokens: number): Unit[] {
  const units = [...splitUnits(text, limits)];
  const pieces: Unit[] = [];
  for (let start = 0; start < units.length;) {
    let end = findEnd(units, start, limits.maxTokens);
    let found = count(join(units, start, end), limits);
    // The tokens of the whole may be more than those of its words, as a token may span two of them.
    while (found.tokens > limits.maxTokens && end > start + 1) {
      found = count(join(units, start, --end), limits);
    }
    pieces.push(found);
    start = end === units.length ? end : stepBack(units, start, end, overlapTokens);
  }
  return pieces;
}

function join(units: readonly Unit[], start: number, end: number): string {
  const text = units.slice(start, end).map((unit) => unit.text).join("");
  return start === 0 ? text.trimEnd() : trimBreaks(text).trimEnd();
}

/** Line ends go, the indentation of a line of code stays. */
function trimBreaks(text: string): string {
  const at = text.search(/\S/);
  const line = at === -1 ? 0 : text.lastIndexOf("\n", at) + 1;
  return line > 0 ? text.slice(line) : text.startsWith("  ") ? text : text.trimStart();
}

/** The last end of a line, or of a sentence, in the last half of what fits; otherwise of a word. */
function findEnd(units: readonly Unit[], start: number, maxTokens: number): number {
  let end = start;
  let tokens = 0;
  let line = 0;
  let sentence = 0;
  for (; end < units.length; end++) {
    const { text, tokens: more } = units[end] ?? { text: "", tokens: 0 };
    if (end > start && tokens + more > maxTokens) break;
    if (end > start && tokens * 2 > maxTokens) {
      if (text.includes("\n")) line = end;
      if (
        /[.!?。！？।؟]$/.test(units[end - 1]?.text ?? "") &&
        (/^\s/.test(text) || text.charCodeAt(0) > 127)
      ) {
        sentence = end;
      }
    }
    tokens += more;
  }
  return end === units.length ? end : line || sentence || end;
}

/** Where the next piece begins, so that it repeats the last words of the one before. */
function stepBack(
  units: readonly Unit[],
  start: number,
  end: number,
  overlapTokens: number,
): number {
  let next = end;
  let tokens = 0;
  while (next > start + 1) {
    tokens += units[next - 1]?.tokens ?? 0;
    if (tokens > overlapTokens) break;
    next--;
  }
  return next;
}

/** Words with the white space before them, which is how encoders take them. */
function* splitUnits(text: string, limits: PieceLimits): Generator<Unit, void, undefined> {
  const known = new Map<string, number>();
  const unit = (text: string): Unit => {
    const tokens = known.get(text) ?? limits.countTokens(text);
    if (known.size < 10_000) known.set(text, tokens);
    return { text, tokens };
  };
  let space = "";
  for (const { segment } of SEGMENTER.segment(text)) {
    if (segment.trim() === "" && space.length + segment.length <= MAX_WORD_CHARS) {
      space += segment;
      continue;
    }
    for (const part of partsOf(segment, MAX_WORD_CHARS)) {
      yield* halve(unit(space + part));
      space = "";
    }
  }
  if (space !== "") yield* halve(unit(space));

  /** What has more tokens than there may be, such as a number in hex, in parts that have not. */
  function* halve(whole: Unit): Generator<Unit, void, undefined> {
    const { text, tokens } = whole;
    const { maxTokens, countTokens } = limits;
    const middle = safeCut(text, (text.length + 1) >> 1);
    // Without the space before it, which a piece does not begin with, a word may have more tokens.
    const fits = tokens <= maxTokens &&
      (tokens * 2 <= maxTokens || countTokens(text.trim()) <= maxTokens);
    if (fits || middle === 0 || middle === text.length) return yield whole;
    yield* halve(unit(text.slice(0, middle)));
    yield* halve(unit(text.slice(middle)));
  }
}
