// Counts how many elements of arrays are moved or looked through by methods that do that for all of
// them.

const METHODS = [
  "shift",
  "unshift",
  "splice",
  "indexOf",
  "includes",
  "findIndex",
  "filter",
] as const;

/** How many elements `body` has moved or looked through. */
export async function countArrayMoves(body: () => unknown): Promise<number> {
  let count = 0;
  const undo: (() => void)[] = [];
  for (const name of [...METHODS, "push"] as const) {
    const original = Reflect.get(Array.prototype, name) as (...args: unknown[]) => unknown;
    Reflect.set(Array.prototype, name, function (this: unknown[], ...args: unknown[]) {
      count += name === "push" ? args.length : this.length;
      return original.apply(this, args);
    });
    undo.push(() => Reflect.set(Array.prototype, name, original));
  }
  try {
    await body();
  } finally {
    for (const step of undo) step();
  }
  return count;
}
