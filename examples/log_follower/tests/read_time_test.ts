import { equal } from "node:assert/strict";
import { readAccessTime, readEpoch, readTime } from "../read_time.ts";

Deno.test("readTime() reads the times that loggers write, as they are", () => {
  const times = [
    ...["2026-03-01T00:00:00Z", "2026-03-01T00:00:00.123456789Z", "2026-03-01T01:30:00+01:30"],
    ...["2026-03-01 10:00:00,123", "2026-03-01 10:00:00.5", "2026/03/01 10:00:00"],
    ...["2024-02-29T00:00:00Z", "2026-03-01T00:00:00+0100", "2026-03-01 00:00:00 +01:00"],
    ...["May  4 10:00:00", "Feb 29 23:59:59", "10:00:00.123"],
    ...["2026-03-01T00:00:00.12345678901234567890+01:00", "2026-03-01 10:00:00.123+00"],
    ...["Mon May 04 10:00:00.123456 2026", "Wed Oct 11 14:32:52 2000"],
  ];
  for (const time of times) {
    equal(readTime(time), time);
    equal(readTime(`${time} ERROR Gate`), time);
    equal(readTime(`${time}] ERROR Gate`), time);
  }
});

Deno.test("readTime() refuses what is not a time, or does not exist", () => {
  const texts = [
    ...["", "1", "foo 7", "2026", "2026-03-01", "March 1, 2026", "2026-03/01 10:00:00"],
    ...["2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T12:00:00+02:00"],
    ...["2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-00T00:00:00Z"],
    ...["2026-03-01T24:00:00Z", "2026-03-01T23:60:00Z", "2026-03-01T23:59:61Z"],
    ...["2026-03-01T00:00:00X", "2026-03-01T00:00:000", "+002026-03-01T00:00:00Z"],
    ...["2026-03-01T00:00:00+25:00", "2026-03-01T00:00:00-01:60", "2026-03-01T00:00:00+240"],
    ...[`2026-03-01T00:00:00.${"1".repeat(21)}Z`, `10:00:00.${"1".repeat(60)}`],
    ...["Mon Feb 30 10:00:00.123456 2026", "Mon May 04 25:00:00 2026"],
    ...["Foo  4 10:00:00", "Feb 30 10:00:00", "May 04 1:00:00", "24:00:00", "10:00:00:00"],
  ];
  for (const text of texts) equal(readTime(text), undefined, text);
});

Deno.test("readAccessTime() and readEpoch() read the times of access logs, and numbers", () => {
  equal(readAccessTime("04/May/2026:10:00:00 +0000"), "04/May/2026:10:00:00 +0000");
  for (
    const text of [
      "31/Feb/2026:10:00:00 +0000",
      "04/May/2026:10:00:00",
      "",
      "04/Mai/2026:10:00:00 +0000",
    ]
  ) {
    equal(readAccessTime(text), undefined, text);
  }
  equal(readEpoch(1_777_888_800_123), "2026-05-04T10:00:00.123Z");
  equal(readEpoch(1_777_888_800.5), "2026-05-04T10:00:00.500Z");
  for (const number of [0, 5, -1, NaN, Infinity, 1e15]) equal(readEpoch(number), undefined);
});
