// Graphviz draws what graph() writes, also where keys try to leave their place.

import { deepEqual, match } from "node:assert/strict";
import { graph } from "@headrace/observe";
import { StreamingPipeline } from "@headrace/pipeline";
import { instance } from "@viz-js/viz";

const HOSTILE = 'a "b" <c> & \\ ] #d; `e` | %\\n\n" ]; evil -> worse';

Deno.test("Graphviz draws a graph as it is meant", async () => {
  const pipeline = StreamingPipeline.start<number>()
    .filter("some", (item) => item > 0)
    .map(HOSTILE, (item) => Promise.resolve(item), { concurrencyLimit: 4 })
    .batch("pairs", 2);
  const run = pipeline.run([0, 1, 2]);
  for await (const _pair of run);
  const viz = await instance();
  const { errors, status, output } = viz.render(graph(pipeline, { format: "dot", metadata: run }), {
    format: "json",
  });
  deepEqual([errors, status], [[], "success"]);
  const { objects, edges } = JSON.parse(output!) as {
    readonly objects: readonly { readonly name: string; readonly label?: string }[];
    readonly edges: readonly { readonly label?: string }[];
  };
  deepEqual(objects.map(({ name }) => name).toSorted(), [
    "cluster1",
    "output",
    "source",
    "stage0",
    "stage1",
    "stage2",
  ]);
  deepEqual(edges.map(({ label }) => label), ["3", "2", "2", "1"]);
  match(
    objects.find(({ name }) => name === "stage1")!.label!,
    /^a "b" <c> &amp; .* evil -> worse\\n/,
  );
});

Deno.test("Graphviz shows a key as it is, also where it looks like an entity", async () => {
  const pipeline = StreamingPipeline.start<number>().map("a &lt; b & c", (item) => item);
  const { output } = (await instance()).render(graph(pipeline, { format: "dot" }), {
    format: "svg",
  });
  match(output!, />a &amp;lt; b &amp; c</);
});
