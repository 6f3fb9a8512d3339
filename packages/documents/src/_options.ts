// Checks what a function is called with.

/** Throws where `options` has others than those in `known`. */
export function requireKnown(name: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown === undefined) return;
  throw new TypeError(
    `Cannot call ${name}: unknown option "${unknown}"; it has ${known.join(", ")}`,
  );
}

/** The message for a value that is not what `rule` says. */
export function complaint(name: string, option: string, rule: string, value: unknown): string {
  const shown = typeof value === "number" || value === undefined ? String(value) : typeof value;
  const text = typeof value === "string" ? JSON.stringify(value) : shown;
  return `Cannot call ${name}: ${option} must be ${rule}, got ${text}`;
}
