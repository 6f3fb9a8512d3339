// Smaller values of the same form, for data that fits into JSON.

/** Each of them differs from `value` in one place: an element less, a field less, a lower number. */
export function* smaller(value: unknown): Generator<unknown, void, undefined> {
  if (typeof value === "number") return yield* lower(value);
  if (typeof value === "boolean") return void (value && (yield false));
  if (Array.isArray(value)) {
    for (const at of value.keys()) yield value.toSpliced(at, 1);
    for (const [at, element] of value.entries()) {
      for (const less of smaller(element)) yield value.with(at, less);
    }
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const name of Object.keys(value)) {
    const { [name]: _, ...rest } = value as Record<string, unknown>;
    yield rest;
  }
  for (const [name, field] of Object.entries(value)) {
    for (const less of smaller(field)) yield { ...value, [name]: less };
  }
}

function* lower(number: number): Generator<number, void, undefined> {
  if (number <= 0) return;
  yield 0;
  if (number > 2) yield Math.floor(number / 2);
  if (number > 1) yield number - 1;
}
