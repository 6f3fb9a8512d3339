// Programs that once failed hold the laws now.

import { test } from "../harness.ts";
import { CORPUS } from "./corpus.ts";
import { findFamily } from "./families.ts";
import type { NamedProgram } from "./request.ts";
import type { Program } from "./program.ts";

for (const [wrong, text] of CORPUS) {
  test(`a random pipeline once showed ${wrong}`, () => {
    const { family, program }: NamedProgram = JSON.parse(text);
    return findFamily(family).check(program as Program);
  });
}
