import { run } from "./program.mjs";

export default {
  async test() {
    await run();
    console.log("all is well");
  },
};
