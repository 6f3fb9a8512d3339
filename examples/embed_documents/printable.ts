/** Control characters but tabs and line ends: a terminal would obey them. */
const CONTROL = /[^\P{Cc}\t\n]/gu;
const PICTURES = 0x2400;
const DELETE = 0x7f;
const DELETE_PICTURE = 0x2421;

/**
 * Text of files, names and servers as a terminal may show it: control characters are shown, such as
 * `␛`, and not sent.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, (char) => {
    const code = char.charCodeAt(0);
    if (code === DELETE) return String.fromCharCode(DELETE_PICTURE);
    return code > DELETE ? `\\x${code.toString(16)}` : String.fromCharCode(PICTURES + code);
  });
}
