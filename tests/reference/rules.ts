// What the reference must say of everything public. Returns sentences that name the entry and the
// name, and what is missing.

import type { PublicEntry, PublicName } from "./public_api.ts";

const WITH_EXAMPLE = new Set(["class", "function"]);
/** So many are the text's own. */
const SHOWN_LETTERS = 40;
const IN_FAMILIES = new Set(["method", "getter", "setter"]);

/** What users read about first: each method is shown, not only said. */
const SHOWN_IN_FULL = new Set(["StreamingPipeline", "Pipeline"]);

/** Everything public about which something is missing, or that users are not to know. */
export function checkReference(entries: readonly PublicEntry[]): string[] {
  return entries.flatMap(({ path, text, names }) => {
    const complaints = names.flatMap((name) => [
      ...checkName(name),
      ...name.members.flatMap((member) => checkMember(member, name)),
    ]);
    if (text === "") complaints.unshift("the module has no text");
    return complaints.map((complaint) => `${path}: ${complaint}`);
  });
}

function checkName(given: PublicName): string[] {
  const complaints = checkText(given);
  if (given.category === undefined) complaints.push(`${given.name} has no category`);
  if (WITH_EXAMPLE.has(given.kind) && !given.hasExample) {
    complaints.push(`${given.name} has no example`);
  }
  return complaints;
}

function checkMember(member: PublicName, owner: PublicName): string[] {
  const complaints = checkText(member);
  const isMethod = owner.kind === "class" && IN_FAMILIES.has(member.kind);
  if (isMethod && member.category === undefined) complaints.push(`${member.name} has no category`);
  if (isMethod && SHOWN_IN_FULL.has(owner.name) && !member.hasExample) {
    complaints.push(`${member.name} has no example`);
  }
  return complaints;
}

function checkText({ name, texts, isInternal }: PublicName): string[] {
  if (isInternal) return [`${name} is internal, and public`];
  return texts.includes("") ? [`${name} has no text`] : [];
}

/**
 * Everything public whose page shows none of its texts: of a method with several signatures, pages of
 * `deno doc --html` show the implementation alone. `pages` are by file name, without the extension.
 */
export function checkPages(
  entries: readonly PublicEntry[],
  pages: ReadonlyMap<string, string>,
): string[] {
  return entries.flatMap(({ path, names }) =>
    names.flatMap((name) => [name, ...name.members])
      .filter(({ kind }) => kind !== "constructor")
      .filter(({ page, texts }) => !showsOneOf(texts, pages.get(page) ?? ""))
      .map(({ name }) => `${path}: the page of ${name} shows none of its text`)
  );
}

function showsOneOf(texts: readonly string[], page: string): boolean {
  const said = texts.filter((text) => text !== "");
  const shown = letters(page);
  return said.length === 0 ||
    said.some((text) => shown.includes(letters(text).slice(0, SHOWN_LETTERS)));
}

/** Functions, and methods of classes, that `guide` does not name. */
export function checkNamed(entries: readonly PublicEntry[], guide: string): string[] {
  const words = new Set(guide.match(/[\w$]+/g));
  const unnamed = entries.flatMap(({ path, names }) =>
    names.flatMap((name) => name.kind === "function" ? [name] : listMethods(name))
      // What has a symbol for a name is called by the language.
      .filter(({ name }) => !name.endsWith("]") && !words.has(name.split(".").at(-1)!))
      .map(({ name }) => `${path}: ${name} is not named`)
  );
  return [...new Set(unnamed)];
}

function listMethods({ kind, members }: PublicName): PublicName[] {
  return kind === "class" ? members.filter((member) => IN_FAMILIES.has(member.kind)) : [];
}

/** Neither markup nor what it makes of quotes and spaces. */
function letters(text: string): string {
  return text.replaceAll(/<[^>]*>|\{@link(?:code)? ([^}]*)\}/g, "$1").replaceAll(
    /&\w+;|[^a-zA-Z0-9]/g,
    "",
  );
}

/** Methods of a pipeline whose text is not that of the operator of the same name. */
export function checkAlike(
  { names }: PublicEntry,
  pipeline: PublicName,
): string[] {
  return listMethods(pipeline).flatMap(({ name, texts }) => {
    const operator = names.find((each) => `${pipeline.name}.${each.name}` === name);
    if (operator === undefined || operator.kind !== "function") return [];
    const said = new Set(operator.texts.map(flatten));
    return texts.some((text) => said.has(flatten(text)))
      ? []
      : [`${name} says something else than its operator`];
  });
}

/** Lines are as long as there is room for them. */
function flatten(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
