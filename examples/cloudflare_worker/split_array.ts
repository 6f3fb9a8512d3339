/**
 * The texts of the elements of a JSON array, as they stand in it; `undefined` where the text is
 * another kind of JSON. To parse and write them again would round numbers beyond 2^53, drop keys
 * that come twice, and change the order of keys that look like numbers.
 *
 * @throws {SyntaxError} If the text is not JSON.
 */
export function splitArray(text: string): string[] | undefined {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) return undefined;
  if (value.length === 0) return [];
  const elements: string[] = [];
  let start = text.indexOf("[") + 1;
  let depth = 0;
  for (let index = start; depth >= 0; index++) {
    const char = text[index];
    if (char === '"') index = endOfString(text, index);
    else if (char === "[" || char === "{") depth++;
    else if ((char === "]" || char === "}") && depth-- === 0 || char === "," && depth === 0) {
      elements.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  return elements;
}

/** Index of the quotation mark that ends the string. The text is JSON, so there is one. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (text[index] !== '"') index += text[index] === "\\" ? 2 : 1;
  return index;
}
