// A terminal that knows as much of escape sequences as progress uses.

import stringWidth from "string-width";
import type { TextOutput } from "@headrace/observe";

// deno-lint-ignore no-control-regex -- escape sequences begin with a control character
const PARTS = /\x1b\[(\d*)([A-Za-z])|[\s\S]/gu;

/** What stands on the screen after all that was written; lines that are wider wrap. */
export class Terminal implements TextOutput {
  readonly isTTY = true;
  columns: number;
  rows: number;
  /** All that was written. */
  text = "";
  #lines: string[] = [""];
  #row = 0;

  constructor(columns: number, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  /** The lines, without the empty ones at the end. */
  get lines(): string[] {
    const last = this.#lines.findLastIndex((line) => line !== "");
    return this.#lines.slice(0, last + 1);
  }

  write(text: string): void {
    this.text += text;
    for (const [part, count, command] of text.matchAll(PARTS)) this.#take(part, count, command);
  }

  #take(part: string, count: string | undefined, command: string | undefined): void {
    if (command === "A") this.#row = Math.max(0, this.#row - Number(count || 1));
    else if (command === "K") this.#lines[this.#row] = "";
    else if (command === "m" || part === "\r") return;
    else if (command !== undefined) throw new Error(`The terminal does not know ${part.slice(1)}`);
    else if (part === "\n") this.#feed();
    else this.#put(part);
  }

  #put(part: string): void {
    if (stringWidth(this.#lines[this.#row]! + part) > this.columns) this.#feed();
    this.#lines[this.#row] += part;
  }

  #feed(): void {
    this.#row++;
    if (this.#lines[this.#row] === undefined) this.#lines.push("");
  }
}
