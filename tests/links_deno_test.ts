// Each link declares types of its own; here they are held against what the package has.

import * as stdAssert from "@std/assert";
import * as stdAsync from "@std/async";
import * as stdStreams from "@std/streams";
import { assertEquals, assertGreater } from "@std/assert";
import { test } from "./harness.ts";

const DECLARED_VALUE = /^export (?:declare )?(?:class|function|const) (\w+)/gm;

const packages: Record<string, object> = {
  assert: stdAssert,
  async: stdAsync,
  streams: stdStreams,
};

for (const [name, module] of Object.entries(packages)) {
  test(`every value that the link to @std/${name} declares is there`, async () => {
    const types = new URL(`../links/${name}/types.d.ts`, import.meta.url);
    const text = await Deno.readTextFile(types);
    const declared = [...text.matchAll(DECLARED_VALUE)].map(([, value]) => value ?? "");

    assertGreater(declared.length, 0);
    assertEquals(declared.filter((value) => !(value in module)), []);
  });
}
