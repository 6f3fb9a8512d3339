import { csv } from "@headrace/formats";
import { StreamingPipeline } from "@headrace/pipeline/core";
import { assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { cut, toBytes } from "./support/chunks.ts";

test("csv() hands over what it has read of a bad record, with SPLIT_ERRORS", async () => {
  const text = 'id,name\n1\n2,Ada,Byron\n"3"x,Bob\n4,Eve\n5,' + "x".repeat(20) + "\n";
  for (const size of [1, 7, 1_000]) {
    const pipeline = StreamingPipeline.start<Uint8Array | string>().use(
      "record",
      csv({ header: true, maxRecordLength: 15, errorStrategy: "SPLIT_ERRORS" }),
    );
    const failed: unknown[] = [];

    const records = await pipeline.executeToArray(cut(toBytes(text), [size]), {
      errorsTo: ({ item, error }) => {
        failed.push([error.code, item === error.cause ? "nothing" : { ...item as object }]);
      },
    });

    assertEquals(records, [{ id: "4", name: "Eve" }]);
    assertEquals(failed, [
      ["WRONG_FIELD_COUNT", { number: 2, value: ["1"] }],
      ["WRONG_FIELD_COUNT", { number: 3, value: ["2", "Ada", "Byron"] }],
      ["INVALID_QUOTE", { number: 4, value: ["3x", "Bob"] }],
      ["RECORD_TOO_LONG", "nothing"],
    ]);
  }
});
