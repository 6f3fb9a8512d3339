import { testApart } from "../support/apart.ts";

testApart(
  "[L14] groups and branches end, whatever their pipelines do with their items",
  "tests/contract/_group_endings.ts",
);
