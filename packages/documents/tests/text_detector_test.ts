import { decodeText, TextDetector } from "@headrace/documents";
import { assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function utf16(text: string, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let at = 0; at < text.length; at++) {
    view.setUint16(at * 2, text.charCodeAt(at), littleEndian);
  }
  return new Uint8Array(view.buffer);
}

const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

test("decodeText() reads UTF-8 and UTF-16 of both orders, with and without a mark", () => {
  const texts = [
    "One line.\n",
    "A \u001b[1mbold\u001b[0m word,\f\tas a terminal shows it.\n",
    "Größe in Metern\r\n",
    "日本語の文章。\n次の行。\n",
    "हिन्दी पाठ है।\n",
    "🌊 wave\n",
    // Without any zero byte.
    "水車が回っている。製粉所は古い。",
  ];
  for (const text of texts) {
    assertEquals(decodeText(utf8(text)), { kind: "text", text, encoding: "utf-8" });
    assertEquals(decodeText(utf8(`\uFEFF${text}`)), { kind: "text", text, encoding: "utf-8" });
    for (const mark of ["\uFEFF", ""]) {
      assertEquals(
        decodeText(utf16(mark + text, true)),
        { kind: "text", text, encoding: "utf-16le" },
      );
      assertEquals(
        decodeText(utf16(mark + text, false)),
        { kind: "text", text, encoding: "utf-16be" },
      );
    }
  }
});

test("decodeText() reads Latin-1 and Windows-1252, also where the last letter is beyond ASCII", () => {
  for (const text of ["Größe in Metern", "un café", "naïve\nfaçade\n"]) {
    assertEquals(decodeText(latin1(text)), { kind: "text", text, encoding: "windows-1252" });
  }
  const quotes = new Uint8Array([0x93, 0x48, 0x69, 0x20, 0x79, 0x6f, 0x75, 0x94]);
  assertEquals(decodeText(quotes), { kind: "text", text: "“Hi you”", encoding: "windows-1252" });
});

test("decodeText() says why bytes are no text", () => {
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]);
  assertEquals(decodeText(png), { kind: "binary", reason: "it has a zero byte" });
  assertEquals(decodeText(utf8("%PDF-1.7\n")), { kind: "binary", reason: "it is a PDF" });
  const controls = new Uint8Array([0x1f, 0x8b, 0x08, 1, 2, 3, 0xff, 0xe1]);
  assertEquals(decodeText(controls), { kind: "binary", reason: "it has control characters" });
  assertEquals(decodeText(new Uint8Array([0xff, 0xfe, 0, 0, 65, 0, 0, 0])), {
    kind: "broken",
    reason: "it is UTF-32; convert it to UTF-8",
  });
});

test("decodeText() says where UTF-8 is broken, and refuses encodings that it does not know", () => {
  const reason = (line: number) => `not valid UTF-8 near line ${line}; convert the file to UTF-8`;
  const mixed = new Uint8Array([...utf8("é\nb\nc"), 0xe9, 0x20]);
  assertEquals(decodeText(mixed), { kind: "broken", reason: reason(3) });
  const cut = utf8("one\n€").subarray(0, 6);
  assertEquals(decodeText(cut), { kind: "broken", reason: reason(2) });
  for (const mark of ["\uFEFF", ""]) {
    for (const isLittle of [true, false]) {
      const half = utf16(`${mark}One line.\n`, isLittle).subarray(0, -1);
      const reason = "it is UTF-16 that ends within a character";
      assertEquals(decodeText(half), { kind: "broken", reason });
    }
  }
  const shiftJis = new Uint8Array([0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea, 0x82, 0xcc, 0x95, 0xb6]);
  assertEquals(decodeText(shiftJis), {
    kind: "broken",
    reason: "its encoding is not recognised; convert it to UTF-8",
  });
});

test("TextDetector tells the same wherever the bytes are cut", () => {
  for (const bytes of [utf8("aé€🌊"), utf16("aé€🌊\n", true), latin1("aéb")]) {
    const detector = new TextDetector();
    for (const byte of bytes) detector.write(new Uint8Array([byte]));
    const whole = new TextDetector();
    whole.write(bytes);
    assertEquals(detector.end(), whole.end());
  }
});

test("decodeText() does not read ASCII with a zero in it as ideographs of UTF-16", () => {
  for (const text of ["text\0more\n", "ab\0\0cd", `${"line of a log\n".repeat(9)}\0`]) {
    assertEquals(decodeText(utf8(text)), { kind: "binary", reason: "it has a zero byte" });
  }
  const text = "水車は回る。\n";
  assertEquals(decodeText(utf16(text, true)), { kind: "text", text, encoding: "utf-16le" });
});
