import { createStreamingStep, type StreamingStep } from "@headrace/pipeline";

/**
 * Drops the rest of a line that is too long, so that nobody has to hold it. What is left of it is
 * longer than `maxChars` still, also without a carriage return at its end.
 */
export function boundLines(maxChars: number): StreamingStep<string, string> {
  return createStreamingStep("boundLines", async function* ({ input }) {
    const maxKept = maxChars + 2;
    let room = maxKept;
    for await (const text of input) {
      const pieces = text.split("\n").map((piece, index) => {
        if (index > 0) room = maxKept;
        const kept = piece.slice(0, room);
        room -= kept.length;
        return kept;
      });
      yield pieces.join("\n");
    }
  });
}
