// Counts what is done with maps: how often they are looked into, changed, and stepped through; and how
// often sets are stepped through.

const METHODS = ["get", "has", "set", "delete"] as const;

/** How many operations on maps `body` makes, itself included. */
export async function countMapOperations(body: () => unknown): Promise<number> {
  let count = 0;
  const undo: (() => void)[] = [];
  const countCalls = (prototype: object, name: string) => {
    const original = Reflect.get(prototype, name) as (...args: unknown[]) => unknown;
    Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
      count++;
      return original.apply(this, args);
    });
    undo.push(() => Reflect.set(prototype, name, original));
  };
  for (const method of METHODS) countCalls(Map.prototype, method);
  for (const stepped of [new Map(), new Set()]) {
    countCalls(Object.getPrototypeOf(stepped.values()), "next");
  }
  try {
    await body();
  } finally {
    for (const step of undo) step();
  }
  return count;
}
