import { equal } from "node:assert/strict";
import { readTime } from "../read_time.ts";

Deno.test("readTime() reads times with a zone, to the millisecond", () => {
  const start = Date.UTC(2026, 2, 1);
  const cases: Record<string, number> = {
    "2026-03-01T00:00:00Z": start,
    "2026-03-01T00:00:00.5Z": start + 500,
    "2026-03-01T00:00:00.123456789Z": start + 123,
    "2026-03-01T00:00:00.1239999999999999Z": start + 123,
    "2026-03-01t00:00:00z": start,
    "2026-03-01T01:30:00+01:30": start,
    "2026-02-28T23:00:00.250-01:00": start + 250,
    "2024-02-29T00:00:00Z": Date.UTC(2024, 1, 29),
  };
  for (const [text, expected] of Object.entries(cases)) equal(readTime(text), expected, text);
});

Deno.test("readTime() refuses what is not a time, does not exist, or depends on the machine", () => {
  const texts = [
    ...["", "1", "foo 7", "2026", "2026-03-01", "March 1, 2026", "2026-03-01T00:00:00"],
    ...["2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T12:00:00+02:00"],
    ...["2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-00T00:00:00Z"],
    ...["2026-03-01T24:00:00Z", "2026-03-01T23:60:00Z", "2026-03-01T23:59:60Z"],
    ...["2026-03-01T00:00:00+24:00", "2026-03-01T00:00:00+01:60", "2026-03-01T00:00:00+0100"],
    ...["2026-03-01 00:00:00Z", "2026-03-01T00:00:00Z ", "2026-03-01T00:00:00Z\n"],
    ...["0000-01-01T00:30:00+01:00", "9999-12-31T23:30:00-01:00", "2026-W01-1T00:00:00Z"],
    ...["2026-03-01T00:00:00 GMT", "2026-03-01T00:00:00.Z", "+002026-03-01T00:00:00Z"],
  ];
  for (const text of texts) equal(readTime(text), undefined, text);
});
