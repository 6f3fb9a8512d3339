// Keeps keys and terminal control characters out of errors.

const HIDDEN = "[hidden]";

/** Headers that do not identify the client. All others are taken for keys. */
const PUBLIC_HEADERS: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "content-language",
  "content-length",
  "content-type",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "last-event-id",
  "pragma",
  "priority",
  "range",
  "user-agent",
]);

/** Names of parameters and fields that hold a key. */
const SECRET_NAME = /key|token|secret|signature|^sig$|auth|pass|credential|session|cookie|^code$/i;
/** A field of JSON, or of a form, with such a name. */
const SECRET_FIELD =
  /(["']?[\w-]{0,32}(?:key|token|secret|signature|password|passwd|credential)[\w-]{0,32}["']?\s{0,4}[:=]\s{0,4}["']?)[\w.~+/=-]{6,}/gi;
const SCHEME = /\b(Bearer|Basic|Token)\s+[\w.~+/=-]{6,}/gi;
const JSON_WEB_TOKEN = /\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?/g;
/** Prefixes by which services mark their keys. */
const MARKED_KEY =
  /\b(?:sk|pk|rk|whsec|gh[oprsu]|github_pat|glpat|xox[abeprs]|AKIA|AIza)[-_]?[\w-]{12,}/g;
/** A segment of a path that may be a key, such as that of a webhook. */
const OPAQUE_SEGMENT = /^(?=.*\d)(?=.*[a-z])[\w.:~-]{20,}$/i;

/** How deep the causes of an error are followed: one that is its own cause has no end. */
const MAX_CAUSES = 8;
/** Shorter values are likely to be words. */
const SECRET_MIN_LENGTH = 6;
/** The shortest beginning of a secret that is hidden at the end of a text that was cut. */
const CUT_MIN_LENGTH = 4;

/** C0 and C1 but for line breaks and tabs, and what turns the direction of text. */
// deno-lint-ignore no-control-regex -- these are what it looks for
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Whether a header may go to another host. */
export function isPublicHeader(name: string): boolean {
  return PUBLIC_HEADERS.has(name.toLowerCase());
}

/** The keys of a request, which must not be shown, the longest first. */
export function collectSecrets(url: URL, headers: Headers): string[] {
  const found = new Set<string>();
  const add = (text: string) => text.length >= SECRET_MIN_LENGTH && found.add(text);
  for (const [name, value] of headers) {
    if (isPublicHeader(name)) continue;
    for (const part of [value, ...value.split(/[\s;,=]+/)]) add(part);
    const basic = /^basic\s+(\S+)$/i.exec(value)?.[1];
    if (basic !== undefined) { for (const part of decodeBase64(basic).split(":")) add(part); }
  }
  for (const [name, value] of url.searchParams) {
    if (!SECRET_NAME.test(name)) continue;
    add(value);
    add(encodeURIComponent(value));
  }
  // As they are written: a platform's error may show the URL.
  for (const pair of url.search.slice(1).split("&")) {
    const at = pair.indexOf("=");
    if (at !== -1 && SECRET_NAME.test(decode(pair.slice(0, at)))) add(pair.slice(at + 1));
  }
  for (const part of [url.username, url.password]) {
    add(part);
    add(decode(part));
  }
  for (const part of url.pathname.split("/")) if (OPAQUE_SEGMENT.test(part)) add(part);
  return [...found].sort((a, b) => b.length - a.length);
}

/** `text` without `secrets`, without what looks like one, and with control characters written out. */
export function toShown(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) shown = shown.replaceAll(secret, HIDDEN);
  shown = cutSecretOff(shown, secrets)
    .replace(SCHEME, `$1 ${HIDDEN}`)
    .replace(SECRET_FIELD, `$1${HIDDEN}`)
    .replace(JSON_WEB_TOKEN, HIDDEN)
    .replace(MARKED_KEY, HIDDEN);
  return shown.replace(CONTROL, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A URL in a text, up to what may stand behind it. */
const URL_IN_TEXT = /\bhttps?:\/\/[^\s"'`<>()]+/g;

/** What was asked of the platform: `given` is its URL as it was written. */
export interface Asked {
  readonly url: URL;
  readonly headers: Headers;
  readonly given?: unknown;
}

/**
 * Hides keys in an error of the platform and in its causes: some show which URL cannot be reached, in the
 * message, or in a property of their own (Bun 1.4).
 */
export function hideIn(error: unknown, { url, headers, given }: Asked): void {
  const secrets = collectSecrets(url, headers);
  const shownUrl = showUrl(url);
  // As it was given, and as platforms write it, without what they do not send. What is a part of
  // the shown URL hides nothing, and would append the rest of it once more.
  const { href } = url;
  const [sent = ""] = href.split("#");
  const written = [String(given), href, sent, sent.replace(/\/\/[^/]*@/, "//")]
    .filter((each) => URL.canParse(each) && !shownUrl.includes(each));
  const hide = (text: string) => {
    const shown = written.reduce((shown, each) => shown.replaceAll(each, shownUrl), text);
    return secrets.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), shown);
  };
  // The platform may have been redirected to it.
  const hideUrls = (text: string) =>
    hide(text).replace(URL_IN_TEXT, (each) => URL.canParse(each) ? showUrl(new URL(each)) : each);
  let each = error;
  try {
    for (let depth = 0; depth < MAX_CAUSES && each instanceof Error; depth++) {
      const { message } = each;
      for (const name of ["message", "stack", ...Object.keys(each)]) {
        const text = Reflect.get(each, name);
        if (typeof text !== "string") continue;
        // The URLs of a stack are those of modules, but for the ones in the message.
        const value = name === "stack" && message !== ""
          ? hide(text.replaceAll(message, () => hideUrls(message)))
          : hideUrls(text);
        if (value === text || Reflect.set(each, name, value)) continue;
        // Defined, for that of a DOMException cannot be assigned.
        Reflect.defineProperty(each, name, { value, configurable: true, writable: true });
      }
      each = each.cause;
    }
  } catch {
    // An error that throws where it is read is not one of the platform's.
  }
}

/** Origin and path of a URL: the rest of it, and segments without a meaning, may be keys. */
export function showUrl(url: URL): string {
  const path = url.pathname.split("/").map((segment) =>
    OPAQUE_SEGMENT.test(segment) ? HIDDEN : segment
  ).join("/");
  return toShown((url.origin === "null" ? `${url.protocol}//${url.host}` : url.origin) + path, []);
}

/** A text that is cut may end with the beginning of a secret. */
function cutSecretOff(text: string, secrets: readonly string[]): string {
  for (const secret of secrets) {
    for (let length = secret.length - 1; length >= CUT_MIN_LENGTH; length--) {
      if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + HIDDEN;
    }
  }
  return text;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // It is not encoded.
    return text;
  }
}

function decodeBase64(text: string): string {
  try {
    return atob(text);
  } catch {
    // It is not Base64: the text itself is among the secrets already.
    return "";
  }
}
