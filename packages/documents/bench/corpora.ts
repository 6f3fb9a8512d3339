// The collections of documents that are measured, each a folder with questions of which the answer is
// known: the description that a document had, which has been taken out of it.

/** Where all of them are, in the repository's folder for what is built. */
export const CORPORA_FOLDER: string = decodeURIComponent(
  new URL("../../../.build/documents/", import.meta.url).pathname,
);

/** A question, and the document that it was taken from. */
export interface Question {
  readonly text: string;
  /** Title of the document: another question. */
  readonly title: string;
  /** Relative to the folder of the documents. */
  readonly path: string;
  /** Of a collection in several languages, otherwise "en". */
  readonly language: string;
}

/** One collection: what it is made of. */
export interface Corpus {
  readonly name: "guides" | "manuals";
  readonly about: string;
  /** Packages of npm, with the folder of their documents. */
  readonly npm?: readonly { readonly name: string; readonly folder: string }[];
  /** Packages of Debian with manual pages, by language. */
  readonly debian?: Readonly<Record<string, string>>;
}

export const CORPORA: readonly Corpus[] = [
  {
    name: "guides",
    about: "guides and references of three npm packages, MDX, English",
    npm: [
      { name: "ai@7.0.173", folder: "docs" },
      { name: "bun-types@1.4.5", folder: "docs" },
      { name: "next@16.4.6", folder: "dist/docs" },
    ],
  },
  {
    name: "manuals",
    about: "manual pages of Debian 12 as Markdown, in seven languages",
    debian: {
      en: "manpages",
      de: "manpages-de",
      fr: "manpages-fr",
      es: "manpages-es",
      pl: "manpages-pl",
      ja: "manpages-ja",
      zh_CN: "manpages-zh",
    },
  },
];

/** The documents of a collection. */
export function documentsOf(name: string): string {
  return `${CORPORA_FOLDER}${name}/documents`;
}

/** The questions of a collection. */
export async function readQuestions(name: string): Promise<readonly Question[]> {
  try {
    return JSON.parse(await Deno.readTextFile(`${CORPORA_FOLDER}${name}/questions.json`));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`There is no collection "${name}" yet: deno task fetch`);
  }
}
