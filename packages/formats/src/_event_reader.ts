// Text to server-sent events, however its chunks are cut. What a line of an event means is known to
// eventsource-parser; how much of it is held, and what is discarded, is decided here.

import { createParser } from "eventsource-parser";
import { type Decoder, type ErrorFor, lengthRule } from "./_decoder.ts";
import { FormatError } from "./format_error.ts";
import { LineReader } from "./_line_reader.ts";

/**
 * A server-sent event.
 *
 * @category Server-sent events
 */
export interface SseEvent {
  /** Its data; lines are joined by `\n`. */
  readonly data: string;
  /** Its type; absent where the server names none, which stands for `message`. */
  readonly event?: string | undefined;
  /**
   * Its own id, or one that came without data before it; absent where there is none, so that the last one
   * stands.
   */
  readonly id?: string | undefined;
  /** How long to wait before the next connection, in milliseconds; absent where nothing was said. */
  readonly retry?: number | undefined;
}

/** What is wrong with an event. */
export interface EventRules {
  /** In characters, without comments. */
  readonly maxLength: number;
  readonly errorFor: ErrorFor;
  /** Called with each wait that is named, in milliseconds. */
  readonly onRetry?: ((retryMs: number) => void) | undefined;
  /** Called with the id of each event, also of one that is none because it has no data. */
  readonly onId?: ((id: string) => void) | undefined;
}

/** Gathers lines into events. */
export class EventReader implements Decoder<SseEvent> {
  readonly #rules: EventRules;
  readonly #lines: LineReader<string>;
  readonly #parser = createParser({
    onEvent: ({ data, event, id = this.#standingId }) => {
      const retry = this.#retry;
      this.#retry = undefined;
      this.#standingId = undefined;
      this.#events.push({
        data,
        ...(event !== undefined && { event }),
        ...(id !== undefined && { id }),
        ...(retry !== undefined && { retry }),
      });
      this.#number++;
    },
    onRetry: (retry) => {
      if (!Number.isSafeInteger(retry)) return;
      this.#retry = retry;
      this.#rules.onRetry?.(retry);
    },
  });
  #events: (SseEvent | FormatError)[] = [];
  #retry: number | undefined;
  /** The id in the lines of the event that has not ended. */
  #id: string | undefined;
  /** An id that came without data: it belongs to what follows it (HTML, "dispatch the event"). */
  #standingId: string | undefined;
  /** Of the event that has not ended. */
  #length = 0;
  #number = 1;
  /** Whether the event has been reported as too long, and is discarded. */
  #isOver = false;

  constructor(rules: EventRules) {
    this.#rules = rules;
    const { maxLength, errorFor } = rules;
    // Bytes that are not UTF-8 are no error here (HTML, "Parsing an event stream").
    const lineRules = { maxLength, errorFor, breaksAtReturn: true, isLoose: true };
    this.#lines = new LineReader(lineRules, (line) => line);
  }

  push(chunk: unknown): (SseEvent | FormatError)[] {
    this.#events = [];
    for (const line of this.#lines.push(chunk)) this.#add(line);
    return this.#events;
  }

  /** An event that has not ended is none. */
  end(): (SseEvent | FormatError)[] {
    return [];
  }

  #add(line: string | FormatError): void {
    if (line === "") return this.#end();
    if (this.#isOver) return;
    if (line instanceof FormatError) return this.#giveUp();
    if (line.startsWith(":")) return;
    this.#id = idOf(line) ?? this.#id;
    this.#length += line.length;
    if (this.#length > this.#rules.maxLength) this.#giveUp();
    else this.#parser.feed(`${line}\n`);
  }

  #end(): void {
    const { length } = this.#events;
    if (!this.#isOver) this.#parser.feed("\n");
    if (this.#events.length === length) this.#standingId = this.#id ?? this.#standingId;
    if (this.#id !== undefined) this.#rules.onId?.(this.#id);
    this.#id = undefined;
    this.#isOver = false;
    this.#length = 0;
  }

  #giveUp(): void {
    this.#isOver = true;
    this.#parser.reset();
    const { maxLength, errorFor } = this.#rules;
    this.#events.push(errorFor("RECORD_TOO_LONG", lengthRule(maxLength), this.#number));
    this.#number++;
  }
}

/** The id that a line sets; `undefined` where it sets none. */
function idOf(line: string): string | undefined {
  if (line === "id") return "";
  if (!line.startsWith("id:")) return undefined;
  const id = line.slice(line[3] === " " ? 4 : 3);
  return id.includes("\0") ? undefined : id;
}
