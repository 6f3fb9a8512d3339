// Stands for a service of your own. It takes an array of records and answers with an array of
// results, one for each, in the same order.

export default {
  async fetch(request: Request): Promise<Response> {
    const records: unknown[] = await request.json();
    return Response.json(records.map(countWords));
  },
};

function countWords(record: unknown): { words: number } {
  const text = (record as { text?: unknown } | null)?.text;
  return { words: typeof text === "string" ? text.split(/\s+/).filter(Boolean).length : 0 };
}
