import { type Level, levelOf, levelOfPriority } from "./levels.ts";
import { LineError } from "./line_error.ts";
import type { Found } from "./parse_line.ts";
import { readAccessTime, readTime } from "./read_time.ts";

/** A level stands among the first words, in front of so many characters. */
const MAX_HEAD = 256;
const MAX_WORDS = 6;
/** `<11>`, and the version after it in RFC 5424. */
const PRIORITY = /^<(\d{1,3})>(?:1 )?/;
/** `mill gate[123]: `, the host and the program of syslog. */
const PROGRAM = /^\S{1,255} [\w./@-]{1,64}(?:\[\d{1,10}\])?: /;
/** `mill gate 123 ID47 `, the four words of RFC 5424 after the time. */
const HEADER = /^\S{1,255} \S{1,48} \S{1,128} \S{1,32} /;
/** `ERROR:root:`, of Python's logging as it is from the start. */
const PYTHON = /^([A-Z]{4,8}):[\w.-]{1,128}:/;
/** `error: `, of winston. */
const SIMPLE = /^([a-z]{4,7}): /;
const STATUS = /^ (\d{3})(?: |$)/;

/** Reads an entry of plain text, in the forms of the usual loggers; `undefined` for other text. */
export function readText(text: string): Found | undefined {
  const [prefix = "", priority] = PRIORITY.exec(text) ?? [];
  const rest = text.slice(prefix.length);
  if (priority !== undefined) {
    return readSyslog(rest, levelOfPriority(Number(priority)), prefix.endsWith("1 "));
  }
  const begin = rest.startsWith("[") ? 1 : 0;
  const time = readTime(rest.slice(begin, begin + MAX_HEAD));
  if (time === undefined) return readUntimed(rest);
  const behind = rest.slice(begin + time.length).replace(/^\]/, "");
  return readLeveled(time, behind) ?? readHosted(time, behind.trimStart(), undefined);
}

/** `[main] ERROR mills.Gate - Gate 3 is stuck`, `root - ERROR - …`, `[error] 12#0: …` */
function readLeveled(time: string, text: string): Found | undefined {
  const head = text.slice(0, MAX_HEAD);
  let at = 0;
  for (let word = 0; word < MAX_WORDS; word++) {
    while (head[at] === " " || head[at] === "\t") at++;
    const begin = at;
    while (at < head.length && head[at] !== " " && head[at] !== "\t") at++;
    const found = head.slice(begin, at);
    const level = levelOfWord(found, word === 0);
    if (level === undefined) continue;
    const message = toMessage(text.slice(at));
    return message === "" ? undefined : { time, level, message };
  }
}

/** `ERROR`, `[error]`, `[core:error]`, `error:`; after other words, in a form that is no word of a sentence. */
function levelOfWord(word: string, isFirst: boolean): Level | undefined {
  const isMarked = word.startsWith("[") || word.startsWith("<") || word.startsWith("(");
  const end = /[\]>)]?:?$/.exec(word)?.index;
  const name = word.slice(isMarked ? 1 : 0, end);
  if (!isFirst && !isMarked && name !== name.toUpperCase()) return undefined;
  return levelOf(isMarked ? name.slice(name.lastIndexOf(":") + 1) : name);
}

/** Without the name of a logger in front, and the dash or colon after that. */
function toMessage(text: string): string {
  const rest = text.trim();
  if (rest.startsWith("- ")) return rest.slice(2).trimStart();
  const logger = /^[\w.$/[\]-]{1,128}(?: -|:) /.exec(rest)?.[0] ?? "";
  return logger.endsWith(" - ") ? rest.slice(logger.length).trimStart() : rest;
}

/** What syslog writes with a priority. */
function readSyslog(text: string, level: Level, isNew: boolean): Found | undefined {
  const time = readTime(text);
  if (time === undefined) throw new LineError("NO_TIME", "The line must have a time");
  const rest = text.slice(time.length).trimStart();
  if (!isNew) return readHosted(time, rest, level) ?? { time, level, message: rest };
  const header = HEADER.exec(rest)?.[0];
  if (header === undefined) return undefined;
  return { time, level, message: withoutData(rest.slice(header.length)) };
}

/** After the data of RFC 5424: `-`, or `[id name="value"]` any number of times. */
function withoutData(text: string): string {
  if (!text.startsWith("[")) return text.replace(/^- ?/, "").replace(/^\uFEFF/, "");
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') isQuoted = !isQuoted;
    else if (text[at] === "]" && !isQuoted && text[at + 1] !== "[") {
      return text.slice(at + 1).trimStart().replace(/^\uFEFF/, "");
    }
  }
  return text;
}

/** `mill gate[123]: Gate 3 is stuck`: the level is the priority's, or that which the message names. */
function readHosted(time: string, text: string, level: Level | undefined): Found | undefined {
  const program = PROGRAM.exec(text)?.[0];
  if (program === undefined) return undefined;
  const message = text.slice(program.length).trim();
  const [word = ""] = message.slice(0, MAX_HEAD).split(" ", 1);
  const isNamed = /^[[<(]|:$/.test(word) || word === word.toUpperCase();
  const named = isNamed ? levelOfWord(word, true) : undefined;
  return { time, level: level ?? named ?? "info", message };
}

/** Access logs, and loggers that write no time. */
function readUntimed(text: string): Found | undefined {
  const [head = "", name = ""] = PYTHON.exec(text) ?? SIMPLE.exec(text) ?? [];
  const level = levelOf(name);
  if (level !== undefined) return { level, message: text.slice(head.length).trim() };
  const access = readAccess(text);
  if (access !== undefined) return access;
  const [first = "", second = ""] = text.slice(0, MAX_HEAD).split(" ", 2);
  if (first !== "" && levelOfWord(second, true) !== undefined) {
    throw new LineError("NO_TIME", "The line must begin with a time");
  }
}

/** `192.0.2.1 - - [04/May/2026:10:00:00 +0000] "GET / HTTP/1.1" 500 12`: the status is the level. */
function readAccess(text: string): Found | undefined {
  const begin = text.slice(0, MAX_HEAD).indexOf(" [");
  const end = text.indexOf('] "', begin);
  if (begin === -1 || end === -1 || end - begin > 40) return undefined;
  const time = readAccessTime(text.slice(begin + 2, end));
  const close = findQuote(text, end + 3);
  const [, status] = STATUS.exec(text.slice(close + 1, close + 6)) ?? [];
  if (time === undefined || close === -1 || status === undefined) return undefined;
  const level = status >= "500" ? "error" : status >= "400" ? "warn" : "info";
  return { time, level, message: `${status} ${text.slice(end + 3, close)}` };
}

/** Where a quote ends: Apache writes `\"` for one inside, and `\\` for a backslash. */
function findQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (before > from && text[before - 1] === "\\") before--;
    if ((at - before) % 2 === 0) return at;
  }
  return -1;
}
