// The end of the bundle that carries random programs to other runtimes: reads what is asked for, runs
// it and prints lines that the tools read. The same file serves a process and a Worker.

import { fuzz } from "./fuzz.ts";
import { CASE_MARK, REPORT_MARK } from "./request.ts";

interface ProcessLike {
  readonly argv: readonly string[];
}

const { console, navigator } = globalThis;
const { process } = globalThis as { process?: ProcessLike };

// A Worker gets what is asked for as a binding; `workerd test` calls `test()`.
const handler: { test(controller: unknown, env: { readonly REQUEST: string }): Promise<void> } = {
  test: (_controller, { REQUEST }) => main(REQUEST),
};
export default handler;

if (navigator?.userAgent !== "Cloudflare-Workers") await main(process!.argv[2]!);

async function main(request: string): Promise<void> {
  const report = await fuzz(JSON.parse(request), (index) => console.log(CASE_MARK + index));
  console.log(REPORT_MARK + JSON.stringify(report));
}
