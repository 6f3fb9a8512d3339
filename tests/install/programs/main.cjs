const entries = ["", "/core", "/operators", "/sources", "/policies"];
const [{ StreamingPipeline }, core, { batch }, { zip }] = entries
  .map((entry) => require(`@headrace/pipeline${entry}`));

async function run() {
  const doubled = StreamingPipeline.start().map("double", (item) => item * 2);
  const pairs = core.StreamingPipeline.start().use("pairs", batch(2));
  const rows = [];
  for await (const row of zip(await doubled.executeToArray([1, 2]), ["a", "b"])) rows.push(row);
  const [page] = await pairs.executeToArray(rows);
  if (JSON.stringify(page) !== '[[2,"a"],[4,"b"]]') throw new Error(JSON.stringify(page));
  console.log("all is well");
}

run();
