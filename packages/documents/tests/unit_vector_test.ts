import { deepEqual, equal, ok } from "node:assert/strict";
import { unitVector } from "@headrace/documents";
import { test } from "../../../tests/harness.ts";

test("unitVector() scales to length 1, however large or small the numbers are", () => {
  for (const scale of [1, 1e-30, 1e30]) {
    const [x = 0, y = 0] = unitVector(Float32Array.of(3 * scale, -4 * scale)) ?? [];
    ok(Math.abs(x - 0.6) < 1e-6 && Math.abs(y + 0.8) < 1e-6, `scale ${scale}`);
  }
});

test("unitVector() knows no direction of zeros, nor of numbers that are not finite", () => {
  for (const vector of [[0, -0], [1, NaN], [Infinity, 1], []]) {
    equal(unitVector(vector), undefined);
  }
  deepEqual(unitVector([0, 5]), Float32Array.of(0, 1));
});
