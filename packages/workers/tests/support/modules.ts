// Modules for workers, as addresses that every runtime can load from anywhere.

/** The address of a module with this code. Bun 1.4.5 takes what follows a dot in one for an ending. */
export function moduleOf(code: string): string {
  return `data:text/javascript;base64,${btoa(code)}`;
}

/** What {@linkcode TOOLS} exports. */
export interface Tools {
  square(item: number): number;
  squareLater(item: number): Promise<number>;
  /** Waits longer for smaller items. */
  backwards(item: number): Promise<number>;
  /** Which worker it is. */
  identify(item: unknown): string;
  same<T>(item: T): T;
  /** Never answers, and never looks at its signal. */
  loop(item: unknown): never;
  /** Never answers, and ends with its signal. */
  wait(item: unknown, index: number, context: { signal: AbortSignal }): Promise<never>;
}

/** A module with some of everything. */
export const TOOLS: string = moduleOf(`
  const id = crypto.randomUUID();
  export const square = (item) => item * item;
  export const squareLater = async (item) => await item * item;
  export const backwards = (item) =>
    new Promise((resolve) => setTimeout(resolve, Math.max(0, 40 - item * 10), item));
  export const identify = () => id;
  export const same = (item) => item;
  export const loop = () => { for (;;); };
  export const wait = (item, index, { signal }) => new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
`);
