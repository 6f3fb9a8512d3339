/** The levels that this program distinguishes. */
export type Level = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

/** The levels below `debug` of Apache. */
const APACHE_TRACES = Array.from({ length: 8 }, (_, at) => `trace${at + 1}`);
/** Names of levels, as loggers write them, in lower case. */
const NAMES: ReadonlyMap<string, Level> = new Map(
  Object.entries(
    {
      trace: ["trace", "verbose", "silly", "finest", "finer", ...APACHE_TRACES],
      debug: ["debug", "dbug", "fine", "config"],
      info: ["info", "information", "informational", "notice", "http"],
      warn: ["warn", "warning"],
      error: ["error", "err", "severe"],
      fatal: ["fatal", "critical", "crit", "alert", "emerg", "emergency", "panic", "dpanic"],
    } satisfies Record<Level, string[]>,
  ).flatMap(([level, names]) =>
    // The cast: it is a key of the object above.
    names.map((name) => [name, level as Level])
  ),
);
/** The longest of them. */
const MAX_NAME = 13;
/** Those of syslog (RFC 5424), by number. */
const SEVERITIES: readonly Level[] = [
  ...["fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug"] as const,
];

/** The level that a text names, in any case; `undefined` for any other text. */
export function levelOf(name: string): Level | undefined {
  return name.length > MAX_NAME ? undefined : NAMES.get(name.toLowerCase());
}

/** The level of a number as pino and bunyan have them: 30 is `info`, 50 is `error`. */
export function levelOfNumber(number: number): Level | undefined {
  if (!(number >= 10 && number <= 100)) return undefined;
  const levels: readonly Level[] = ["trace", "debug", "info", "warn", "error", "fatal"];
  return levels[Math.min(Math.floor(number / 10), 6) - 1];
}

/** The level of a priority of syslog, which holds a facility as well. */
export function levelOfPriority(priority: number): Level {
  return SEVERITIES[priority & 7]!;
}
