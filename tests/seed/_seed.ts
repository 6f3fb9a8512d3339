// What the examples of the design document take for granted.

/** `asyncGeneratorOf` of the first example. */
export async function* asyncGeneratorOf<T>(...items: T[]): AsyncGenerator<T> {
  for (const item of items) yield await item;
}

/** Stands in for the console, so that a test can read what an example prints. */
export class Printer {
  readonly lines: unknown[][] = [];

  log(...line: unknown[]): void {
    this.lines.push(line);
  }

  warn(...line: unknown[]): void {
    this.lines.push(line);
  }
}
