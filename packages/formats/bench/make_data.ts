// The files that are read: the same for every contender, and for every run.

/** The formats, each with what makes its records. */
export const DATA: Readonly<Record<string, Shape>> = {
  lines: {
    record: (index) => `2026-01-0${index % 9 + 1} INFO request ${index} took ${index % 977} ms\n`,
  },
  ndjson: { record: (index) => `${JSON.stringify(event(index))}\n` },
  jsonArray: {
    start: "[",
    record: (index) => `${index === 0 ? "" : ",\n"}${JSON.stringify(event(index))}`,
    end: "]",
  },
  csv: {
    start: "id,name,city,amount,when,note\n",
    record: (index) => {
      const city = index % 5 === 0 ? '"Paris, France"' : "Berlin";
      const note = index % 50 === 0 ? '"a ""quoted"" note\nof two lines"' : "plain text here";
      return `${index},User ${index},${city},${index * 7919 % 100_000 / 100},${
        time(index)
      },${note}\n`;
    },
  },
  sse: {
    record: (index) =>
      `event: word\nid: ${index}\ndata: ${JSON.stringify({ index, at: time(index) })}\n\n`,
  },
};

/** How a file is made. */
interface Shape {
  readonly start?: string;
  readonly record: (index: number) => string;
  readonly end?: string;
}

/** Writes a file of about so many bytes, unless it exists. Returns how many it has. */
export async function makeFile(path: string, name: string, bytes: number): Promise<number> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (found !== undefined) return found.size;
  const { start = "", record, end = "" } = DATA[name]!;
  const file = await Deno.open(`${path}.part`, { write: true, create: true, truncate: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  let written = 0;
  let text = start;
  for (let index = 0; written + text.length < bytes; index++) {
    text += record(index);
    if (text.length < 1_000_000) continue;
    written += text.length;
    await writer.write(encoder.encode(text));
    text = "";
  }
  await writer.write(encoder.encode(text + end));
  await writer.close();
  await Deno.rename(`${path}.part`, path);
  return (await Deno.stat(path)).size;
}

function event(index: number): object {
  return {
    id: index,
    user: `user ${index % 1_000}`,
    tags: ["a", "b", "c"],
    amount: index * 1.37,
    nested: { page: `/page/${index % 97}`, from: "search" },
    at: time(index),
  };
}

function time(index: number): string {
  return `2026-01-01T${String(index % 24).padStart(2, "0")}:00:00Z`;
}
