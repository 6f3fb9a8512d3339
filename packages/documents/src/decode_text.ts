import { type DetectedText, TextDetector, type TextEncoding } from "./text_detector.ts";

/**
 * A text and the encoding that it had, or why the bytes are left out.
 *
 * @category Reading
 */
export type DecodedText =
  | { readonly kind: "text"; readonly text: string; readonly encoding: TextEncoding }
  | Exclude<DetectedText, { readonly kind: "text" }>;

/**
 * Reads bytes as text, in the encoding that {@linkcode TextDetector} detects. A byte order mark is left
 * out. What is no text comes back with the reason, and does not throw.
 *
 * @example Text of Windows
 * ```ts
 * import { decodeText } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array([0xff, 0xfe, 0x48, 0x00, 0x69, 0x00]);
 * assertEquals(decodeText(bytes), { kind: "text", text: "Hi", encoding: "utf-16le" });
 * ```
 *
 * @category Reading
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const detector = new TextDetector();
  detector.write(bytes);
  const found = detector.end();
  if (found.kind !== "text") return found;
  return { ...found, text: new TextDecoder(found.encoding).decode(bytes) };
}
