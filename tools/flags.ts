// Reads flags of the form `--name value`.

/** What is given in `args`, in place of the defaults; numbers where the default is one. */
export function readFlags<T extends Record<string, number | string>>(
  args: readonly string[],
  defaults: T,
): { readonly [TName in keyof T]: T[TName] extends number ? number : string } {
  const flags: Record<string, number | string> = { ...defaults };
  const given = args.filter((arg) => arg !== "--");
  for (let at = 0; at < given.length; at += 2) {
    const name = given[at]!.replace(/^--/, "");
    const value = given[at + 1];
    if (!(name in defaults) || value === undefined) {
      const names = Object.keys(defaults).map((name) => `--${name}`).join(", ");
      throw new Error(`Cannot read "${given[at]}": the flags are ${names}, each with a value`);
    }
    flags[name] = typeof defaults[name] === "number" ? toNumber(name, value) : value;
  }
  return flags as never;
}

function toNumber(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isNaN(number)) return number;
  throw new Error(`Cannot read --${name}: it must be a number, got "${value}"`);
}
