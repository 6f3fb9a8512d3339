type Method = (this: unknown, ...given: unknown[]) => unknown;

/**
 * Makes the methods of `prototype` refuse arguments beyond the declared ones: whoever gives them
 * relies on an effect that they do not have. Methods declare all of their parameters, and no defaults.
 */
export function refuseSurplus(prototype: object): void {
  const methods = prototype as Record<string, Method>;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name === "constructor") continue;
    const method = methods[name]!;
    const { length } = method;
    methods[name] = function (...given) {
      if (given[length] === undefined) return method.apply(this, given);
      throw new TypeError(`Cannot call ${name}: got ${given.length} arguments, not ${length}`);
    };
  }
}
