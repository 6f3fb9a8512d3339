// Reads a durable stream to its end; leaves after so many words, and comes back from where it was.

import { durableStream, type StreamPosition } from "@headrace/http/durable-streams";
import { argv } from "node:process";

const words: string[] = [];
let position: StreamPosition | undefined;
let isOver = false;
for (let readings = 0; !isOver; readings++) {
  isOver = true;
  let count = 0;
  const retry = { maxAttempts: 20, backoffMs: 10, maxBackoffMs: 50 };
  for await (const read of durableStream<string>(argv[2]!, { retry }).open(position)) {
    words.push(read.item);
    // What is kept is text.
    position = JSON.parse(JSON.stringify(read.position));
    if (++count === 7 + readings) {
      isOver = false;
      break;
    }
  }
}
console.log(`RESULT ${JSON.stringify(words)}`);
