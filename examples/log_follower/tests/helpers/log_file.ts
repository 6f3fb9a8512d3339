import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** How a file is compressed. */
interface PackOptions {
  readonly forgetsTime?: boolean;
}

/** A log in a folder of its own, gone after the test. The file exists once it is first written. */
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
    while (await this.#endingOf(count + 1) !== undefined) count++;
    for (; count > 0; count--) {
      const ending = await this.#endingOf(count);
      await rename(`${this.path}.${count}${ending}`, `${this.path}.${count + 1}${ending}`);
    }
  }

  /**
   * Compresses the rotated file of a number, as logrotate does, and `gzip`: what comes of it has the
   * time of what it was made from, unless it `forgetsTime`.
   */
  async pack(number: number, { forgetsTime = false }: PackOptions = {}): Promise<string> {
    const path = `${this.path}.${number}`;
    const { atime, mtime } = await stat(path);
    await writeFile(`${path}.gz`, gzipSync(await readFile(path)));
    if (!forgetsTime) await utimes(`${path}.gz`, atime, mtime);
    await rm(path);
    return `${path}.gz`;
  }

  /** Compresses the newest of the rotated files that are not, if there is one. */
  async packNewest(): Promise<void> {
    for (let number = 1;; number++) {
      const ending = await this.#endingOf(number);
      if (ending === undefined) return;
      if (ending === "") return void await this.pack(number);
    }
  }

  /** How often this process has it open, where the system says so. */
  async countOpen(): Promise<number> {
    const folder = "/proc/self/fd";
    const names = await readdir(folder).catch(() => []);
    const paths = await Promise.all(
      names.map((name) => readlink(join(folder, name)).catch(() => "")),
    );
    return paths.filter((path) => path === this.path).length;
  }

  /** What follows the number of a rotated file; nothing where there is none. */
  async #endingOf(number: number): Promise<string | undefined> {
    for (const ending of ["", ".gz"]) {
      const isThere = await stat(`${this.path}.${number}${ending}`).then(() => true, () => false);
      if (isThere) return ending;
    }
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
