import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { LexicalEmbedder } from "@headrace/documents";
import { FatalError } from "../errors.ts";
import { findChunks, formatMatches } from "../find.ts";
import type { Match } from "@headrace/documents/store";
import { TestFolder } from "documents-tests/folder.ts";
import { countStored, databaseOf, embed } from "./helpers/run.ts";

const embedder = new LexicalEmbedder();
const { signal } = new AbortController();

async function ask(folder: TestFolder, question: string, minScore = 0): Promise<readonly Match[]> {
  const options = { question, top: 5, minScore, database: databaseOf(folder) };
  return await findChunks(options, embedder, signal);
}

Deno.test("a file without words is stored, done, and no answer to any question", async () => {
  await using folder = await TestFolder.create({
    "a.md": "# Turbines\n\nA turbine turns water into power.\n",
    "b.md": "✨ 🎉 ★ — — —\n",
  });
  await embed(folder, embedder);
  equal(countStored(folder, embedder.model).documents, 2);
  equal((await embed(folder, embedder)).counts.unchanged, 2);
  const found = await ask(folder, "how does a turbine make power");
  deepEqual(found.map(({ path }) => path), [folder.join("a.md")]);
  ok(found.every(({ score }) => score > 0 && score < 1));
  deepEqual(await ask(folder, "✨ ???"), []);
});

Deno.test("a folder with nothing but files without words is searched, and nothing is found", async () => {
  await using folder = await TestFolder.create({ "b.md": "✨ 🎉\n" });
  await embed(folder, embedder);
  const found = await ask(folder, "anything");
  deepEqual(found, []);
  equal(formatMatches(found), "Nothing is close to the question.");
});

Deno.test("a search of an empty database says so", async () => {
  await using folder = await TestFolder.create({ "a.txt": "no" });
  await embed(folder, embedder);
  await rejects(ask(folder, "anything"), FatalError);
});

Deno.test("a search shows only what is above the floor", async () => {
  await using folder = await TestFolder.create({
    "a.md": "The mill wheel turns.",
    "b.md": "The wheel of a cart, of a waggon, and of many another thing.",
  });
  await embed(folder, embedder);
  equal((await ask(folder, "the mill wheel turns")).length, 2);
  const [first, ...others] = await ask(folder, "the mill wheel turns", 0.9);
  deepEqual([first?.path, others], [folder.join("a.md"), []]);
});

for (
  const [language, question, files] of [
    ["Chinese", "密钥", {
      "right.md": "# 设置\n\n在项目的根目录里可以使用环境变量文件来保存密钥。\n",
      "b.md": "# 部署\n\n本页介绍如何把网站部署到服务器上。\n",
      "c.md": "# 图片\n\n本页介绍如何优化图片。\n",
    }],
    ["Japanese", "水車はどこ", {
      "right.md": "古い水車が川のそばにあります。\n",
      "b.md": "画像の最適化について説明します。\n",
    }],
    ["Korean", "열쇠", {
      "right.md": "이 문서는 열쇠를 저장하는 방법이다\n",
      "b.md": "이 문서는 그림을 줄이는 방법이다\n",
    }],
    ["Thai", "กุญแจ", {
      "right.md": "ไฟล์นี้เก็บกุญแจของโครงการไว้\n",
      "b.md": "หน้านี้อธิบายวิธีปรับแต่งรูปภาพ\n",
    }],
  ] as const
) {
  Deno.test(`a question in ${language} finds the file that has its word`, async () => {
    await using folder = await TestFolder.create(files);
    await embed(folder, embedder);
    const [first] = await ask(folder, question);
    equal(first?.path, folder.join("right.md"));
    ok((first?.score ?? 0) > 0.01);
  });
}

Deno.test("a rare word of the question counts though the vector is not close", async () => {
  const filler = "The river runs past the gate and the channel and the bridge. ".repeat(12);
  await using folder = await TestFolder.create({
    "a.md": `${filler} The flume was mended.`,
    "b.md": filler,
    "c.md": filler.replaceAll("river", "stream"),
  });
  await embed(folder, embedder);
  const [first] = await ask(folder, "the flume of the river at the gate of the bridge");
  equal(first?.path, folder.join("a.md"));
});
