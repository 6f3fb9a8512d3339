/**
 * Files of a folder as text: discovered within the folder, read in the encoding that they show.
 *
 * @example All Markdown of a folder
 * ```ts
 * import { discoverFiles } from "@headrace/documents/files";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * assertEquals(await Array.fromAsync(discoverFiles({ folder, pattern: "**\/*.md" })), []);
 * await Deno.remove(folder);
 * ```
 *
 * @module
 */

export { type DiscoverEvents, discoverFiles, type DiscoverRequest } from "./discover_files.ts";
export { matchFiles } from "./match_files.ts";
export { readTextFile, SkipFileError, type TextFile } from "./read_text_file.ts";
