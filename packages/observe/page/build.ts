// Makes `src/dashboard/_page.ts` of the page: one module of texts, which every runtime can serve. With
// `--check`, says whether it is up to date.

import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL("./", import.meta.url));
const TARGET = `${HERE}../src/dashboard/_page.ts`;

const made = await build();
if (!Deno.args.includes("--check")) await Deno.writeTextFile(TARGET, made);
else if (await Deno.readTextFile(TARGET) !== made) {
  console.error("src/dashboard/_page.ts is not that of page/: run deno task build in page/");
  Deno.exit(1);
}

async function build(): Promise<string> {
  const [html, css] = await Promise.all(["index.html", "app.css"].map(read));
  const chartCss = await Deno.readTextFile(
    fileURLToPath(import.meta.resolve("uplot/dist/uPlot.min.css")),
  );
  const texts = {
    PAGE: html!,
    STYLE: `/* uPlot 1.6.32, MIT, Copyright (c) 2022 Leon Sorokin */\n${chartCss.trim()}\n${css!}`,
    SCRIPT: `/* uPlot 1.6.32, MIT, Copyright (c) 2022 Leon Sorokin */\n${await bundle()}`,
  };
  const lines = Object.entries(texts).map(([name, text]) =>
    `\nexport const ${name}: string = ${JSON.stringify(text)};\n`
  );
  return `// Made by page/build.ts of what is in page/: change it there.\n// deno-fmt-ignore-file\n${
    lines.join("")
  }`;
}

async function bundle(): Promise<string> {
  const output = await Deno.makeTempFile({ suffix: ".js" });
  const args = ["bundle", "--quiet", "--minify", "--platform", "browser", "--output", output];
  const command = new Deno.Command(Deno.execPath(), { args: [...args, "main.ts"], cwd: HERE });
  const { code, stderr } = await command.output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  try {
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(output);
  }
}

function read(name: string): Promise<string> {
  return Deno.readTextFile(HERE + name);
}
