// Mermaid draws what graph() writes, also where keys try to leave their place.

import { deepEqual, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { graph } from "@headrace/observe";
import { StreamingPipeline } from "@headrace/pipeline";
import type { Page } from "playwright-core";
import { test } from "./page.ts";

const HOSTILE = 'a "b" <c> & \\ ] #d; `e` | %% --> end\n click stage0';

/** Each is a form of Mermaid's own, some even where their characters are escaped. */
const FORMS: string[] = [
  "split at \\n",
  "$$x^2$$",
  "fa:fa-car",
  "sort direction LR",
  "1. read",
  "end",
  "%% c",
];

/** The labels that Mermaid draws for a graph. */
async function draw(page: Page, text: string) {
  const script = await readFile(
    fileURLToPath(import.meta.resolve("mermaid/dist/mermaid.min.js")),
    "utf-8",
  );
  await page.setContent(`<!doctype html><title>Mermaid</title>`);
  await page.addScriptTag({ content: script });
  return await page.evaluate(async (text) => {
    const { mermaid } = globalThis as unknown as {
      mermaid: {
        initialize(options: object): void;
        render(id: string, text: string): Promise<{ svg: string }>;
      };
    };
    mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
    const { svg } = await mermaid.render("graph", text);
    const host = document.createElement("div");
    host.innerHTML = svg;
    const texts = (selector: string) =>
      [...host.querySelectorAll(selector)].map((element) => element.textContent!.trim());
    return {
      nodes: texts(".node .nodeLabel"),
      edges: texts(".edgeLabel .edgeLabel p, .edgeLabels .edgeLabel"),
    };
  }, text);
}

test("Mermaid draws a graph as it is meant", async (page) => {
  const pipeline = StreamingPipeline.start<number>()
    .filter("some", (item) => item > 0)
    .map(HOSTILE, (item) => Promise.resolve(item), { concurrencyLimit: 4 })
    .batch("end", 2);
  const run = pipeline.run([0, 1, 2]);
  for await (const _pair of run);
  const labels = await draw(page, graph(pipeline, { metadata: run.metadata() }));
  ok(labels.nodes.includes("source") && labels.nodes.includes("output"));
  const own = labels.nodes.find((label) => label.startsWith("a "))!;
  ok(own.startsWith('a "b" <c> & \\ ] #d; `e` | %% --> end? click stage0'), own);
  deepEqual(labels.nodes.length, 5);
  deepEqual([...new Set(labels.edges)].filter((label) => label !== "").toSorted(), ["1", "2", "3"]);
});

test("Mermaid shows a key as it is, also one that is a form of its own", async (page) => {
  const { nodes } = await draw(page, graph({ getStageNames: () => FORMS }));
  // A word joiner is not seen.
  const shown = nodes.map((label) => label.replaceAll("\u2060", ""));
  deepEqual(shown.toSorted(), ["source", ...FORMS, "output"].toSorted());
});
