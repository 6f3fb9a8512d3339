// The lines at the foot of a terminal that are written again and again, of all that show something there.

import { repeat } from "./_clock.ts";
import { canRedraw, listenForErrors, noteRejection, sizeOf, type TextOutput } from "./_output.ts";
import { widthOf } from "./_text.ts";

const UP_AND_CLEAR = "\x1b[1A\x1b[2K";
const CLEAR = "\r\x1b[2K";

const screens: WeakMap<object, Screen> = new WeakMap();

/** Lines that fit into the size, none of them wider. */
export type Block = (size: { columns: number; rows: number }) => readonly string[];

/** The screen of an output: one for all runs that are shown on it. */
export function screenOf(output: TextOutput): Screen {
  const screen = screens.get(output) ?? new Screen(output);
  screens.set(output, screen);
  return screen;
}

/** Writes blocks of lines again at an interval, and lines that stay above them. */
export class Screen {
  readonly #output: TextOutput;
  readonly #blocks = new Map<Block, () => void>();
  /** The lines that stand at the foot now. */
  #shown: readonly string[] = [];
  #failure: { readonly thrown: unknown } | undefined;

  constructor(output: TextOutput) {
    this.#output = output;
    listenForErrors(output, (thrown) => this.#failure ??= { thrown });
  }

  /** Shows a block until the function that it returns is called. */
  add(block: Block, redrawMs: number): () => void {
    this.#blocks.set(block, repeat(() => this.try(() => this.#draw()), redrawMs));
    return () => {
      this.#blocks.get(block)?.();
      if (this.#blocks.delete(block)) this.try(() => this.#draw());
    };
  }

  /** Writes text that stays, which ends with a line break. */
  print(text: string): void {
    if (this.#blocks.size === 0 || !canRedraw(this.#output)) return this.#write(text);
    const erased = this.#erase();
    this.#shown = this.#read();
    this.#write(erased + text + toText(this.#shown));
  }

  /** Writes, and keeps what it throws: after a failure no more is written. */
  try(write: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      write();
    } catch (thrown) {
      this.#failure = { thrown };
    }
  }

  /** Throws what the output has thrown on a timer. */
  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }

  #write(text: string): void {
    noteRejection(this.#output.write(text), (thrown) => this.#failure ??= { thrown });
  }

  #draw(): void {
    const erased = this.#erase();
    this.#shown = this.#read();
    const text = erased + toText(this.#shown);
    if (text !== "") this.#write(text);
  }

  #read(): string[] {
    const { columns, rows } = sizeOf(this.#output);
    // A terminal that is written to its last column may wrap; its last row is where the cursor stands.
    const left = Math.max(1, rows - 1);
    const share = Math.max(1, Math.floor(left / this.#blocks.size));
    const room = { columns: columns - 1, rows: share };
    // What has no room is not shown: what is above the screen cannot be taken away.
    return [...this.#blocks.keys()].flatMap((block) => block(room)).slice(0, left);
  }

  /** What takes the lines away: a line that was written on a wider terminal may have wrapped since. */
  #erase(): string {
    if (this.#shown.length === 0) return "";
    const { columns } = sizeOf(this.#output);
    const rows = this.#shown.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)),
      0,
    );
    return CLEAR + UP_AND_CLEAR.repeat(rows);
  }
}

function toText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
