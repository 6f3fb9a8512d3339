// Cuts of text that part no surrogate pair.

/** The same cut, or one before it where it would part a surrogate pair. */
export function safeCut(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}

/** The text in parts of this length; one may be shorter by a character, and the last one is what is left. */
export function* partsOf(text: string, length: number): Generator<string, void, undefined> {
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = safeCut(text, Math.min(start + length, text.length));
    yield text.slice(start, end);
  }
}
