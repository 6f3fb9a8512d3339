import type { Answer } from "./lines.ts";

/** How answers are written into the response. */
export interface Format {
  readonly contentType: string;
  /** The text of one answer, with what ends it. */
  readonly write: (answer: Answer) => string;
  /** What says nothing, for the time between two answers. */
  readonly heartbeat: string;
}

/** One JSON object per line; an empty line means nothing. */
const NDJSON: Format = {
  contentType: "application/x-ndjson; charset=utf-8",
  write: (answer) => `${toJson(answer)}\n`,
  heartbeat: "\n",
};

/**
 * Server-sent events. They are not called `error`, because that is what an `EventSource` calls a
 * lost connection.
 */
const EVENTS: Format = {
  contentType: "text/event-stream; charset=utf-8",
  write(answer) {
    const event = "error" in answer ? "failure" : "result";
    return `event: ${event}\nid: ${answer.line}\ndata: ${toJson(answer)}\n\n`;
  },
  // A comment (HTML standard, section 9.2.6).
  heartbeat: ": \n\n",
};

/** One line: line breaks in a result can only stand between its parts. */
function toJson(answer: Answer): string {
  if ("error" in answer) return JSON.stringify(answer);
  return `{"line":${answer.line},"result":${answer.resultJson.replace(/[\r\n]/g, " ")}}`;
}

/** Server-sent events where the client accepts them by name, NDJSON everywhere else. */
export function chooseFormat(accept: string | null): Format {
  const accepted = (accept ?? "").split(",").some((range) => {
    const [type = "", ...parameters] = range.toLowerCase().split(";").map((part) => part.trim());
    return type === "text/event-stream" && !parameters.some((each) => /^q=0(\.0*)?$/.test(each));
  });
  return accepted ? EVENTS : NDJSON;
}
