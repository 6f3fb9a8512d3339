const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** What follows no whole time: more of a number, or an offset that does not exist. */
const NO_END = "(?![\\w:]|[.,+-]\\d)";
const FRACTION = "(?:[.,]\\d{1,20})?";
const HOUR = "(?:[01]\\d|2[0-3])";
/** `2026-05-04T10:00:00.123Z`, `2026-05-04 10:00:00,123`, `2026/05/04 10:00:00`, with a zone or without. */
const DATE = new RegExp(
  `^(\\d{4})([-/])(\\d\\d)\\2(\\d\\d)[T ](\\d\\d):(\\d\\d):(\\d\\d)${FRACTION}` +
    `(?: ?(?:Z|[+-]${HOUR}:?[0-5]\\d)|[+-]${HOUR})?${NO_END}`,
);
/** `May  4 10:00:00`, as syslog has it. */
const DAY = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)(?![\w:])/;
/** `Mon May 04 10:00:00.123456 2026`, as the error log of Apache has it. */
const WEEKDAY = new RegExp(
  `^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \\d]\\d) (\\d\\d):(\\d\\d):(\\d\\d)${FRACTION} (\\d{4})${NO_END}`,
);
/** `10:00:00.123`, where a logger leaves the day out. */
const TIME = new RegExp(`^(\\d\\d):(\\d\\d):(\\d\\d)${FRACTION}${NO_END}`);
/** `04/May/2026:10:00:00 +0000`, as web servers have it. */
const ACCESS = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) [+-]\d{4}$/;

/** No form is longer. */
const MAX_LENGTH = 48;
/** 2001 and 2100: a number before or after that is no time. */
const [FIRST_MS, LAST_MS] = [978_307_200_000, 4_102_444_800_000];

/**
 * The time that a text begins with, in its own form, such as `2026-05-04T10:00:00.000Z` or
 * `2026-05-04 10:00:00,123`; `undefined` where it begins with none, or with one that does not
 * exist, such as the 30th of February.
 */
export function readTime(text: string): string | undefined {
  const head = text.slice(0, MAX_LENGTH);
  const date = DATE.exec(head);
  if (date !== null) {
    const [time, year, , month, day, ...clock] = date;
    return isDay(year, month, day) && isClock(clock) ? time : undefined;
  }
  const day = DAY.exec(head);
  if (day !== null) {
    const [time, month, number, ...clock] = day;
    // There is no year: one with a 29th of February does.
    return isDay("2024", monthOf(month), number) && isClock(clock) ? time : undefined;
  }
  const weekday = WEEKDAY.exec(head);
  if (weekday !== null) {
    const [time, month, number, hour, minute, second, year] = weekday;
    return isDay(year, monthOf(month), number) && isClock([hour, minute, second])
      ? time
      : undefined;
  }
  const [time, ...clock] = TIME.exec(head) ?? [];
  return isClock(clock) ? time : undefined;
}

/** The time of a line of an access log, in its own form. */
export function readAccessTime(text: string): string | undefined {
  const [time, day, month, year, ...clock] = ACCESS.exec(text) ?? [];
  return isDay(year, monthOf(month), day) && isClock(clock) ? time : undefined;
}

/** The time of a number: milliseconds or seconds since the Unix epoch. */
export function readEpoch(number: number): string | undefined {
  const milliseconds = number * 1_000 <= LAST_MS ? number * 1_000 : number;
  if (!(milliseconds >= FIRST_MS && milliseconds <= LAST_MS)) return undefined;
  return new Date(milliseconds).toISOString();
}

function monthOf(name: string | undefined): string {
  return String(MONTHS.indexOf(name ?? "") + 1).padStart(2, "0");
}

/** `Date.parse` is no check of its own: it takes days that no month has. */
function isDay(year?: string, month?: string, day?: string): boolean {
  const text = `${year}-${month}-${day?.trim().padStart(2, "0")}`;
  const milliseconds = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(text);
}

function isClock([hour, minute, second]: readonly (string | undefined)[]): boolean {
  return Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60;
}
