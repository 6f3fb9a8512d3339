import { type MarkdownDocument, readMarkdown } from "@headrace/documents";
import type { TextFile } from "@headrace/documents/files";

/** A document that is read as blocks without front matter, HTML tags and comments, and tag marks. */
export interface CleanDocument {
  readonly path: string;
  readonly hash: string;
  /** Begins to read, when asked: a list of documents holds no open files. */
  read(signal: AbortSignal): Promise<MarkdownDocument>;
}

/** Makes a text Markdown, or MDX by its name. */
export function cleanDocument({ path, hash, text }: TextFile): CleanDocument {
  const options = { mdx: path.endsWith(".mdx") };
  return { path, hash, read: (signal) => readMarkdown(text(signal), options) };
}
