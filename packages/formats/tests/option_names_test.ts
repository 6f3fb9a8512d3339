import { createLineDecoder, csv, lines, sse } from "@headrace/formats";
import { assertEquals, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";

test("[L9] an option that does not exist is refused beside one that does, by the compiler too", () => {
  const refused = [
    // @ts-expect-error it is called delimiter
    () => csv({ header: true, separator: ";" }),
    // @ts-expect-error it is called maxLength
    () => lines({ numbered: true, max: 80 }),
    // @ts-expect-error an event has no number
    () => sse({ onRetry: () => {}, numbered: true }),
    // @ts-expect-error it is called skipBlank
    () => createLineDecoder({ numbered: true, skipEmpty: true }),
  ];
  for (const make of refused) assertThrows(make, TypeError, "unknown option");

  // The compiler knows what functions in options are called with.
  csv({ header: (fields) => fields.map((field) => field.trim()) });
  sse({ onRetry: (retryMs) => void retryMs.toFixed() });
  const options = { header: true, delimiter: ";" } as const;
  const made = [csv(options), csv({ ...options, ragged: true }), lines({}), sse(), sse(undefined)];
  assertEquals(made.length, 5);
});
