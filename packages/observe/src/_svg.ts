// The little of SVG that is written here: documents of shapes and text, with colours of their own.

import { toPlain } from "./_text.ts";

/** Around what is drawn. */
export const MARGIN = 16;
/** Of a character, at the size that all text has. */
export const CHARACTER_WIDTH = 7;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** What XML has no form for, escaped or not: https://www.w3.org/TR/xml/#charsets, and halves of pairs. */
const NO_CHARACTERS = /[\p{Surrogate}\uFFFE\uFFFF]/gu;

/** Text inside of SVG. */
export function escapeXml(text: string): string {
  return toPlain(text).replace(NO_CHARACTERS, "?").replace(
    /[&<>"']/g,
    (character) => ESCAPES[character]!,
  );
}

/** An element; attributes that are not defined are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([attribute, value]) => ` ${attribute}="${escapeXml(String(value))}"`).join("");
  return children.length === 0
    ? `<${name}${written}/>`
    : `<${name}${written}>${children.join("")}</${name}>`;
}

/** Text in an element. */
export function text(
  attributes: Readonly<Record<string, string | number | undefined>>,
  content: string,
): string {
  return element("text", attributes, escapeXml(content));
}

/** A document with a title, which is what a screen reader says. */
export function svgDocument(
  { width, height, title }: { width: number; height: number; title: string },
  style: string,
  children: readonly string[],
): string {
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  return `${
    element(
      "svg",
      { xmlns: "http://www.w3.org/2000/svg", role: "img", "aria-label": title, ...size },
      element("title", {}, escapeXml(title)),
      `<style>${style}</style>`,
      ...children,
    )
  }\n`;
}
