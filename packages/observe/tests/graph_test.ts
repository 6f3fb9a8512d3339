import { account, type Drawable, graph, type GraphOptions } from "@headrace/observe";
import { Pipeline, StreamingPipeline } from "@headrace/pipeline";
import { explain } from "@headrace/pipeline/core";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";

const pipeline = StreamingPipeline.start<number>(undefined, { metadata: { verbosity: "counts" } })
  .filter("some", (item) => item > 0)
  .map("page", (item) => {
    if (item === 3) throw new Error("no");
    return Promise.resolve(item);
  }, { concurrencyLimit: 4, errorStrategy: "SKIP_FAILED" })
  .batch("pairs", 2);

const HOSTILE = 'a "b" <c> & \\ ] #d; `e` | %\n\x1b[2J --> end';

test("graph() draws the loops of a pipeline as Mermaid", () => {
  assertEquals(
    graph(pipeline),
    `flowchart TD
  source([source])
  stage0["some<br/>filter"]
  subgraph loop1 [" "]
    stage1["page<br/>map, 4 at a time"]
    stage2["pairs<br/>batch"]
  end
  output([output])
  source --> stage0
  stage0 --> stage1
  stage1 --> stage2
  stage2 --> output
  classDef failed stroke:#c0392b,stroke-width:2px
`,
  );
  assertEquals(graph(explain(pipeline)), graph(pipeline));
});

test("graph() has the figures of a run, however they are given", async () => {
  const run = pipeline.run([0, 1, 2, 3, 4]);
  for await (const _item of run);
  const text = graph(pipeline, { metadata: run });
  assertEquals(text.split("\n").slice(2, 13), [
    '  stage0["some<br/>filter<br/>1 dropped"]',
    '  subgraph loop1 [" "]',
    '    stage1["page<br/>map, 4 at a time<br/>1 failed"]:::failed',
    '    stage2["pairs<br/>batch"]',
    "  end",
    "  output([output])",
    '  source -- "5" --> stage0',
    '  stage0 -- "4" --> stage1',
    '  stage1 -- "3" --> stage2',
    '  stage2 -- "2" --> output',
    "  classDef failed stroke:#c0392b,stroke-width:2px",
  ]);
  for (const metadata of [run.metadata(), account(run), account(run).figures()]) {
    assertEquals(graph(pipeline, { metadata }), text);
  }
  // Of a run alone, the operators are not known.
  assertMatch(graph(run), /stage1\["page<br\/>1 failed"\]:::failed/);
});

test("graph() draws a batch pipeline, with the items of its lists", async () => {
  const batch = Pipeline.start<number[]>()
    .filter("even", (item) => item % 2 === 0)
    .map("half", (item) => item / 2);
  let kept: Drawable | undefined;
  await batch.execute([1, 2, 3, 4], { observer: (run) => kept = account(run) });

  assertEquals(graph(batch).split("\n").slice(2, 4), ['  stage0["even"]', '  stage1["half"]']);
  const edges = graph(kept!).split("\n").filter((line) => line.includes("-->"));
  assertEquals(edges.map((line) => line.match(/"(.*)"/)?.[1]), ["4", "2", "2"]);
});

test("graph() writes DOT", () => {
  assertEquals(
    graph(pipeline, { format: "dot" }),
    `digraph pipeline {
  node [shape=box, style=rounded, fontname="Helvetica"];
  edge [fontname="Helvetica"];
  source [shape=oval];
  stage0 [label="some\\nfilter"];
  subgraph cluster1 {
    style="rounded"; color="#999999";
    stage1 [label="page\\nmap, 4 at a time"];
    stage2 [label="pairs\\nbatch"];
  }
  output [shape=oval];
  source -> stage0;
  stage0 -> stage1;
  stage1 -> stage2;
  stage2 -> output;
}
`,
  );
});

test("graph() writes an SVG document in which every box is in the picture", () => {
  const svg = graph(pipeline, { format: "svg" });
  const [, width, height] = svg.match(/viewBox="0 0 (\d+) (\d+)"/)!.map(Number);
  const boxes = [...svg.matchAll(/x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)]
    .map((match) => match.slice(1).map(Number) as [number, number, number, number]);
  assertEquals(boxes.length, 6);
  for (const [x, y, wide, high] of boxes) {
    assert(x >= 0 && y >= 0 && x + wide <= width! && y + high <= height!);
  }
  assertMatch(svg, /<title>A pipeline of 3 stages: some, page, pairs<\/title>/);
  assertMatch(svg, />map, 4 at a time<\/text>/);
});

test("no key can leave its place in a graph", () => {
  const hostile = StreamingPipeline.start<number>().map(HOSTILE, (item) => item);
  // deno-lint-ignore no-control-regex -- it is about these
  const controls = /[\x00-\x09\x0B-\x1F]/;
  for (const format of ["mermaid", "dot", "svg"] as const) {
    assert(!controls.test(graph(hostile, { format })), format);
  }
  const [stage] = graph(hostile).split("\n").slice(2);
  assertMatch(stage!, /^ {2}stage0\["[\p{L}\p{N} .,:;%/()#-]*<br\/>map"\]$/u);
  const label = graph(hostile, { format: "dot" }).split("\n")[4]!;
  assertMatch(label, /^ {2}stage0 \[label="(?:[^"\\]|\\.)*"\];$/);
  const svg = graph(hostile, { format: "svg" });
  assert(svg.includes("a &quot;b&quot; &lt;c&gt; &amp; "));
});

test("no key is read as an entity in DOT", () => {
  const odd = StreamingPipeline.start<number>().map("a &lt; b & c", (item) => item);

  assert(graph(odd, { format: "dot" }).includes('label="a &amp;lt; b &amp; c\\nmap"'));
});

const TO_MERMAID: readonly (readonly [key: string, label: string])[] = [
  ["1. read", "1#46; read"],
  ["2) b", "2#41; b"],
  ["- c", "#45; c"],
  ["split at \\n", "split at #92;#8288;n"],
  ["$$x$$", "#36;#8288;#36;x#36;#8288;#36;"],
  ["fa:fa-car", "fa:#8288;fa-car"],
  ["sort direction LR", "sort #100;irection LR"],
];

test("no key is anything but text in Mermaid", () => {
  for (const [key, label] of TO_MERMAID) {
    const [stage] = graph(StreamingPipeline.start<number>().map(key, (item) => item)).split("\n")
      .slice(2);
    assertEquals(stage, `  stage0["${label}<br/>map"]`);
  }
});

test("an SVG document has no character that XML has no form for", () => {
  const odd = StreamingPipeline.start<number>().map(
    "a\uFFFF\uFFFE\uD800b\u{1F600}",
    (item) => item,
  );

  const svg = graph(odd, { format: "svg" });
  assert(svg.includes(">a???b\u{1F600}<"), svg);
});

test("[L9] graph() refuses what it cannot draw and options that are not valid", () => {
  for (
    const [make, message] of [
      [() => graph(3 as unknown as Drawable), "it needs a pipeline, explain(pipeline), a run or"],
      [() => graph({} as unknown as Drawable), "it needs a pipeline"],
      [
        () => graph(pipeline, { format: "png" as "svg" }),
        'format must be "mermaid" or "dot" or "svg"',
      ],
      [() => graph(pipeline, { metadata: 3 as never }), "metadata must be that of a run, got 3"],
      [() => graph(pipeline, { shape: 1 } as GraphOptions), 'unknown option "shape"'],
    ] as const
  ) {
    assertThrows(make, TypeError, message);
  }
});
