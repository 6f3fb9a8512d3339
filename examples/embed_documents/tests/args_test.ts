import { deepEqual, equal, throws } from "node:assert/strict";
import { join } from "node:path";
import {
  callerDirectory,
  parseDemoArguments,
  parseEmbedArguments,
  parseSearchArguments,
  parseStatusArguments,
} from "../args.ts";
import { UsageError } from "../errors.ts";

Deno.test("parseEmbedArguments() resolves paths against the caller's directory", () => {
  deepEqual(parseEmbedArguments(["my docs", "--pattern", "*.txt", "--db", "/tmp/x.db"]), {
    request: { folder: join(callerDirectory(), "my docs"), pattern: "*.txt", endOfText: "" },
    database: "/tmp/x.db",
    retries: 3,
    parallel: 1,
    errorsFile: undefined,
    verbose: false,
    explain: false,
  });
  const { request, database } = parseEmbedArguments(["."]);
  deepEqual([request?.pattern, database], ["**/*.md", join(callerDirectory(), "embeddings.db")]);
  deepEqual(parseEmbedArguments([".", "--errors", "e.ndjson", "--retries", "0", "--verbose"]), {
    ...parseEmbedArguments(["."]),
    retries: 0,
    errorsFile: join(callerDirectory(), "e.ndjson"),
    verbose: true,
  });
  equal(parseEmbedArguments(["--resume", "--explain"]).request, undefined);
});

Deno.test("parseStatusArguments() leaves to the last run what is not given", () => {
  const { folder, pattern, verbose } = parseStatusArguments([]);
  deepEqual([folder, pattern, verbose], [undefined, undefined, false]);
  equal(parseStatusArguments(["docs"]).folder, join(callerDirectory(), "docs"));
});

Deno.test("parseSearchArguments() reads the question and how many chunks", () => {
  const { question, top } = parseSearchArguments(["what is it?", "--top=3"]);
  deepEqual([question, top], ["what is it?", 3]);
  equal(parseSearchArguments(["what?"]).top, 5);
});

Deno.test("arguments that make no sense are refused with what is wrong", () => {
  const cases: [() => unknown, RegExp][] = [
    [() => parseEmbedArguments([]), /Missing <folder>/],
    [() => parseEmbedArguments(["a", "b"]), /One <folder> only, got also "b"/],
    [() => parseEmbedArguments(["a", "--patern", "x"]), /--patern/],
    [() => parseEmbedArguments(["a", "--db"]), /--db/],
    [() => parseEmbedArguments(["a", "--db", ""]), /must not be empty/],
    [() => parseEmbedArguments(["a", "--errors", ""]), /must not be empty/],
    [() => parseEmbedArguments(["a", "--resume"]), /leave them out, or --resume/],
    [() => parseEmbedArguments(["--resume", "--pattern", "*.md"]), /from the last run/],
    [() => parseStatusArguments(["a", "b"]), /One <folder> only/],
    [() => parseSearchArguments([" "]), /Missing <question>/],
    [() => parseDemoArguments(["a", "b"]), /One <question> only/],
  ];
  for (const top of ["0", "-1", "1.5", "many", "101", ""]) {
    cases.push([() => parseSearchArguments(["q", `--top=${top}`]), /--top must be a whole number/]);
  }
  cases.push([
    () => parseEmbedArguments(["a", "--parallel", "0"]),
    /--parallel must be .* from 1 to/,
  ]);
  cases.push([
    () => parseSearchArguments(["a", "--min-score", "2"]),
    /must be a number from 0 to 1/,
  ]);
  for (const retries of ["-1", "0.5", "many", "101", "", "0x1"]) {
    const call = () => parseEmbedArguments(["a", `--retries=${retries}`]);
    cases.push([call, /--retries must be a whole number from 0 to 100/]);
  }
  for (const [call, message] of cases) {
    throws(call, (error) => error instanceof UsageError && message.test(error.message));
  }
});
