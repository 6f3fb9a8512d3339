// `deno task quality [--corpus manuals] [--questions 500]`: asks each way's database for the document that
// a description, or a title, was taken from. Prints MRR@10: the mean of 1 by the rank of that document
// among the ten best, and 0 where it is not there.

import { searchDocuments, SqliteDocumentStore } from "@headrace/documents/store";
import { parseArgs } from "node:util";
import { documentsOf, type Question, readQuestions } from "./corpora.ts";
import { CountingEmbedder } from "./parts.ts";
import { WAYS } from "./ways.ts";

const DEPTH = 10;
/** More chunks than documents: several of one document count as one. */
const MAX_CHUNKS = 100;

/** The paths of the best documents for a question, best first. */
type Search = (question: string) => Promise<readonly string[]>;

const { values } = parseArgs({
  args: Deno.args.filter((arg) => arg !== "--"),
  options: {
    corpus: { type: "string", default: "guides" },
    questions: { type: "string", default: "500" },
  },
});
const folder = documentsOf(values.corpus);
const all = await readQuestions(values.corpus);
const step = Math.max(1, Math.floor(all.length / Number(values.questions)));
const questions = all.filter((_, at) => at % step === 0);
const languages = [...new Set(questions.map(({ language }) => language))];
const work = await Deno.makeTempDir({ prefix: "headrace-quality-" });
const embedder = new CountingEmbedder();
try {
  const databases = { ours: `${work}/ours.db`, langChain: `${work}/langchain.db` };
  await WAYS["streaming"]!({ folder, embedder, database: databases.ours });
  await WAYS["LangChain"]!({ folder, embedder, database: databases.langChain });
  using ours = SqliteDocumentStore.openExisting(databases.ours);
  using langChain = SqliteDocumentStore.openExisting(databases.langChain);
  const searches: Readonly<Record<string, Search>> = {
    "vectors and words": async (question) => {
      const request = { store: ours, embedder, question, count: DEPTH, onePerDocument: true };
      return (await searchDocuments(request)).map(({ path }) => path);
    },
    "vectors": (question) => nearest(ours, question),
    "LangChain, vectors": (question) => nearest(langChain, question),
  };
  console.log(`${questions.length} questions of ${values.corpus}`);
  console.log(`| search | description | title | ${languages.join(" | ")} |`);
  console.log(`| --- | --- | --- |${" --- |".repeat(languages.length)}`);
  for (const [name, search] of Object.entries(searches)) {
    const byText = await rank(search, ({ text }) => text);
    const byTitle = await rank(search, ({ title }) => title);
    const perLanguage = languages.map((language) =>
      mean(byText.filter((_, at) => questions[at]!.language === language))
    );
    console.log(`| ${[name, mean(byText), mean(byTitle), ...perLanguage].join(" | ")} |`);
  }
} finally {
  await Deno.remove(work, { recursive: true });
}

/** By vectors alone; LangChain's chunks have a path with a `#`. */
async function nearest(store: SqliteDocumentStore, question: string): Promise<readonly string[]> {
  const [vector] = await embedder.embed([question]);
  const paths = store.search(vector!, MAX_CHUNKS).map(({ path }) => path.split("#")[0]!);
  return [...new Set(paths)].slice(0, DEPTH);
}

/** 1 by the rank of the right document, for each question. */
async function rank(search: Search, toText: (question: Question) => string): Promise<number[]> {
  const ranks: number[] = [];
  for (const question of questions) {
    const at = (await search(toText(question))).indexOf(`${folder}/${question.path}`);
    ranks.push(at === -1 ? 0 : 1 / (at + 1));
  }
  return ranks;
}

function mean(values: readonly number[]): string {
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2);
}
