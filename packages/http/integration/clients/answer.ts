// Writes the answer of a "model" to a durable stream, from its beginning, as a process does that is started
// again after a crash: the same words in the same batches, with the same numbers.

import { durableStreamSink } from "@headrace/http/durable-streams";
import { StreamingPipeline } from "@headrace/pipeline";
import { argv } from "node:process";

const words = function* () {
  for (let id = 0; id < 500; id++) yield `word-${id}`;
};
const sink = durableStreamSink<string>(argv[2]!, { producer: "model" });
const batches = StreamingPipeline.start<string>().batch("words", 3);
await batches.executeForEach(words(), async (batch, index) => {
  await sink.send(batch, index);
  if (index === 5) console.log("READY");
});
await sink.close();
console.log(`RESULT "done"`);
