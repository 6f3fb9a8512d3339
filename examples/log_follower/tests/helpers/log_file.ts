import { appendFile, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A log in a folder of its own, gone after the test. The file is there when it is first written. */
export class LogFile implements AsyncDisposable {
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, "app.log");
  }

  static async create(text?: string): Promise<LogFile> {
    const log = new LogFile(await mkdtemp(join(tmpdir(), "follow-test-")));
    if (text !== undefined) await log.append(text);
    return log;
  }

  append(text: string | Uint8Array): Promise<void> {
    return appendFile(this.path, text);
  }

  /** Cuts the file short, and writes its new beginning. */
  overwrite(text: string): Promise<void> {
    return writeFile(this.path, text);
  }

  /** Gives the file another name, and returns that. */
  async moveAway(): Promise<string> {
    await rename(this.path, `${this.path}.1`);
    return `${this.path}.1`;
  }

  /** Gives each rotated file the next number, and the log the first one. */
  async rotate(): Promise<void> {
    await this.shift();
    await this.moveAway();
  }

  /** Gives each rotated file the next number. */
  async shift(): Promise<void> {
    let count = 0;
    const isThere = (path: string) => stat(path).then(() => true, () => false);
    while (await isThere(`${this.path}.${count + 1}`)) count++;
    for (; count > 0; count--) await rename(`${this.path}.${count}`, `${this.path}.${count + 1}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

/** A line of the log, in the form of every second one. */
export function lineOf(number: number, level: string): string {
  const time = new Date(Date.UTC(2026, 4, 4) + number * 1_000).toISOString();
  const message = `message ${number}`;
  return number % 2 === 0
    ? `${JSON.stringify({ time, level, message, request: number })}\n`
    : `${time} ${level.toUpperCase()} ${message}\n`;
}
