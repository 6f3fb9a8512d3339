// Bundles both programs for Node; a warning is a failure.

import webpack from "webpack";

const config = {
  mode: "production",
  target: "node20",
  entry: { main: "./main.mjs", files: "./files.mjs" },
  experiments: { outputModule: true },
  output: {
    path: new URL("webpack", import.meta.url).pathname,
    filename: "[name].mjs",
    module: true,
  },
};
webpack(config, (error, stats) => {
  if (error === null && !stats.hasWarnings() && !stats.hasErrors()) return;
  console.error(error ?? stats.toString("errors-warnings"));
  process.exitCode = 1;
});
