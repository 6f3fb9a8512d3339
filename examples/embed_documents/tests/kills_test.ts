// Kills the program in the middle, again and again, and looks at the database that it leaves.

import { deepEqual, equal, ok } from "node:assert/strict";
import { generateDocuments } from "./helpers/documents.ts";
import { answerWell, Endpoint } from "documents-tests/endpoint.ts";
import { TestFolder } from "documents-tests/folder.ts";
import { readRows } from "./helpers/rows.ts";
import { command, runCommand } from "./helpers/run.ts";

/** Seventy were done by hand: `HEADRACE_KILLS=70`. */
const KILLS = Number(Deno.env.get("HEADRACE_KILLS") ?? 8);
const DOCUMENTS_PER_KILL = 60;
const BATCH_SIZE = 50;
const MAX_REQUESTS = 3;
const MAX_DELAY_MS = 25;

Deno.test("embed that is killed at any moment ends with the same database, and pays for a batch at most", async () => {
  await using folder = await TestFolder.create();
  await generateDocuments(folder.join("docs"), KILLS * DOCUMENTS_PER_KILL);
  let onRequest: (() => void) | undefined;
  await using endpoint = await Endpoint.create((request) => {
    onRequest?.();
    return answerWell(request);
  });
  const options = {
    cwd: folder.path,
    env: { EMBEDDING_URL: endpoint.url, EMBEDDING_MODEL: "tiny" },
  };
  const embedInto = (name: string) => ["docs", "--db", name];

  const whole = await runCommand("embed", embedInto("whole.db"), options);
  equal(whole.code, 0, whole.stderr);
  const undisturbed = endpoint.requests.splice(0).flatMap(({ input }) => input);

  let killed = 0;
  for (let life = 0; killed < KILLS; life++) {
    let left = 1 + life * 7 % MAX_REQUESTS;
    const child = command("embed", embedInto("killed.db"), options).spawn();
    const outputs = [child.stdout.cancel(), child.stderr.cancel()];
    onRequest = () => {
      if (--left !== 0) return;
      setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch {
          // It has ended meanwhile.
        }
      }, life * 13 % MAX_DELAY_MS);
    };
    const { signal, success } = await child.status;
    await Promise.allSettled(outputs);
    if (success) break;
    equal(signal, "SIGKILL");
    killed++;
  }
  onRequest = undefined;
  const rest = await runCommand("embed", embedInto("killed.db"), options);
  equal(rest.code, 0, rest.stderr);
  ok(killed > KILLS / 2, `${killed} kills`);

  deepEqual(readRows(folder.join("killed.db")), readRows(folder.join("whole.db")));
  const sent = endpoint.requests.flatMap(({ input }) => input);
  equal(new Set(sent).size, new Set(undisturbed).size);
  const paidTwice = sent.length - undisturbed.length;
  ok(paidTwice <= killed * BATCH_SIZE, `${paidTwice} texts were sent again after ${killed} kills`);
});
