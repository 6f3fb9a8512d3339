// Calls each Worker of the guides as the runtime does, with the same request, and prints a line for
// each: its answer, and then what it has logged.

import * as workers from "list";

const names = Object.keys(workers).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));

export default {
  async test(_controller, env) {
    const print = console.log;
    for (const name of names) {
      const logged = [];
      const waiting = [];
      console.log = (...values) => logged.push(values.join(" "));
      const context = { waitUntil: (promise) => waiting.push(promise) };
      const request = new Request("http://localhost/", { method: "POST", body: "[1, 2, 3]" });
      const answer = await workers[name].fetch(request, env, context);
      const lines = (await answer.text()).trimEnd().split("\n");
      await Promise.all(waiting);
      print(JSON.stringify({ lines: [...lines, ...logged] }));
    }
  },
};
