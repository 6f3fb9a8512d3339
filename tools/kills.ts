// `deno task kills [-- --kills N --seed S]`: workers of durable jobs, killed with SIGKILL at random
// moments, with each store in each mode. A run of a hundred or more writes its part of
// docs/reliability.md.

import { readFlags } from "./flags.ts";
import { isWhole, runKills } from "./kills_run.ts";
import { putKills } from "./kills_section.ts";
import { ROOT, runDeno } from "./process.ts";

const WHOLE = 100;

const { kills, seed } = readFlags(Deno.args, {
  kills: WHOLE,
  seed: Math.floor(Math.random() * 2 ** 31),
});
console.log(`${kills} kills for each, seed ${seed}`);
const killed = await runKills({ kills, seed }, (each) => {
  const { name, rows, orders, missing, duplicates, wrong, pages, askedAgain } = each;
  const outcome = isWhole(each) ? "ok" : "FAILED";
  console.log(
    `${
      name.padEnd(19)
    } ${rows} rows of ${orders} orders; ${missing} missing, ${duplicates} twice, ` +
      `${wrong} wrong; ${askedAgain} of ${pages} pages asked again: ${outcome}`,
  );
});
if (!killed.every(isWhole)) Deno.exitCode = 1;

if (kills >= WHOLE) {
  const file = `${ROOT}docs/reliability.md`;
  const page = await Deno.readTextFile(file);
  const date = new Date().toISOString().slice(0, 10);
  await Deno.writeTextFile(file, putKills(page, { date, seed, killed }));
  await runDeno(["fmt", "--quiet", file]);
}
