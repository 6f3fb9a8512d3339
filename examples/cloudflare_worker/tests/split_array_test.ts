import { deepEqual, equal, throws } from "node:assert/strict";
import { splitArray } from "../split_array.ts";

Deno.test("splitArray() gives each element as it stands in the text", () => {
  const elements = [
    ...["12345678901234567890", "1.0", "-0", "1E400", "null", '""', '"]"', '"a,b"', '"\\\\"'],
    ...['"\\"],["', "[]", "[1,[2,3]]", "{}", '{"b":1,"b":2,"1":[{"]":"}"}]}', '"\\ud800"', '"😀"'],
    ...['{ "__proto__": 1 ,\n "a" : [ ] }'],
  ];
  for (const separator of [",", " ,\n\t"]) {
    deepEqual(splitArray(`[${elements.join(separator)}]`), elements);
    deepEqual(splitArray(` \n[ ${elements.join(separator)}\r\n] `), elements);
  }
  for (const element of elements) deepEqual(splitArray(`[${element}]`), [element]);
  for (const empty of ["[]", " [ \n] "]) deepEqual(splitArray(empty), []);
});

Deno.test("splitArray() gives nothing for other JSON, and throws for what is none", () => {
  for (const text of ["{}", '"[1]"', "1", "null", '{"a":[1]}']) equal(splitArray(text), undefined);
  for (const text of ["", "[1", "[1,]", "[1]]", '["]', "<html>"]) {
    throws(() => splitArray(text), SyntaxError);
  }
});
