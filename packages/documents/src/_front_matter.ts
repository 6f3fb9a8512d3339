import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";

/**
 * Metadata before the text of a document.
 *
 * @category Reading
 */
export interface FrontMatter {
  /** Empty when there is none. */
  readonly title: string;
  /** Empty when there is none. */
  readonly description: string;
  /** Without their `#`; of a list, or of one text with spaces or commas. */
  readonly tags: readonly string[];
  /** All fields as they are written; empty where they cannot be read. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Front matter, and how much of the text it takes up. */
export interface FoundFrontMatter {
  readonly frontMatter: FrontMatter;
  /** In UTF-16 code units; 0 when there is none. */
  readonly length: number;
}

/** Front matter that is longer is text. */
export const MAX_FRONT_MATTER_CHARS: number = 64 * 1024;

const NONE: FrontMatter = { title: "", description: "", tags: [], fields: {} };

/** The fields of the beginning of a text whose line ends are `\n`. */
export function findFrontMatter(head: string): FoundFrontMatter {
  const found = findBlock(head);
  const fields = found === undefined ? undefined : readFields(found);
  if (found === undefined || fields === undefined) return { frontMatter: NONE, length: 0 };
  const frontMatter = {
    title: readText(fields.title),
    description: readText(fields.description),
    tags: readTags(fields.tags),
    fields,
  };
  return { frontMatter, length: found.length };
}

interface Block {
  readonly mark: string;
  readonly content: string;
  readonly length: number;
}

/** The lines that close a block, by the line that opens it. */
const CLOSING: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["---", ["---", "..."]],
  ["+++", ["+++"]],
  ...["yaml", "toml", "json", "js", "javascript"].map((name) => [`---${name}`, ["---"]] as const),
]);

function findBlock(head: string): Block | undefined {
  if (head.startsWith("{")) return findJson(head);
  const firstEnd = head.indexOf("\n");
  const mark = firstEnd === -1 ? "" : head.slice(0, firstEnd).trimEnd();
  const closing = CLOSING.get(mark);
  if (closing === undefined) return undefined;
  for (let start = firstEnd + 1; start < Math.min(head.length, MAX_FRONT_MATTER_CHARS);) {
    const found = head.indexOf("\n", start);
    const end = found === -1 ? head.length : found;
    if (closing.includes(head.slice(start, end).trimEnd())) {
      const content = head.slice(firstEnd + 1, start);
      return { mark, content, length: Math.min(end + 1, head.length) };
    }
    start = end + 1;
  }
  return undefined;
}

/** The lines of the object that a text begins with. */
function findJson(head: string): Block | undefined {
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < Math.min(head.length, MAX_FRONT_MATTER_CHARS); at++) {
    const char = head[at];
    if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) at += char === "\\" ? 1 : 0;
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) {
      const lineEnd = head.indexOf("\n", at);
      const end = lineEnd === -1 ? head.length : lineEnd;
      if (head.slice(at + 1, end).trim() !== "") return undefined;
      return { mark: "{", content: head.slice(0, at + 1), length: Math.min(end + 1, head.length) };
    }
  }
  return undefined;
}

/** `undefined` when the block is text. */
function readFields({ mark, content }: Block): Readonly<Record<string, unknown>> | undefined {
  if (mark === "---" || mark === "---yaml") return readYaml(content);
  // Programs are not run for what they would say.
  if (mark.startsWith("---j") && mark !== "---json") return {};
  try {
    const fields = asFields(
      mark === "{" || mark === "---json" ? JSON.parse(content) : parseToml(content),
    );
    // On one line it may be an answer that is shown.
    return mark !== "{" || content.includes("\n") || isKnown(fields) ? fields : undefined;
  } catch {
    // Text in braces, or between lines of `+++`, is text.
    return mark === "{" || mark === "+++" && !looksLikeToml(content) ? undefined : {};
  }
}

function readYaml(content: string): Readonly<Record<string, unknown>> | undefined {
  const startsBlank = content.startsWith("\n");
  try {
    const value: unknown = parseYaml(content, { logLevel: "silent" });
    if (value === null) return content.trim() === "" && startsBlank ? undefined : {};
    const fields = asFields(value);
    // After a rule comes a blank line, then text: "Note: this" is a mapping only by its looks.
    return startsBlank && !isKnown(fields) ? undefined : fields;
  } catch {
    // Templates are often not valid YAML. Lines of fields are metadata even so, not text.
    return !startsBlank && looksLikeFields(content) ? {} : undefined;
  }
}

function isKnown(fields: Readonly<Record<string, unknown>> | undefined): boolean {
  return fields !== undefined &&
    ["title", "description", "tags"].some((name) => Object.hasOwn(fields, name));
}

function looksLikeToml(content: string): boolean {
  return content.split("\n").every((line) =>
    line.trim() === "" || /^(?:[\s#[\]}]|(?:[\w.-]+|"[^"]*"|'[^']*')\s*=)/.test(line)
  );
}

function looksLikeFields(content: string): boolean {
  return content.split("\n").every((line) =>
    line.trim() === "" || /^(?:[\w"'][\w.\-"']*:(?:\s|$)|[\s#}\]-]|\{[{%])/.test(line)
  );
}

function asFields(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMapping ? { ...value } : undefined;
}

function readText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
}

function readTags(value: unknown): readonly string[] {
  const tags = typeof value === "string" ? value.split(/[,\s]/) : Array.isArray(value) ? value : [];
  return tags.filter((tag) => typeof tag === "string" || typeof tag === "number")
    .map((tag) => String(tag).trim().replace(/^#/, "")).filter((tag) => tag !== "");
}
