/** What lines of a stack trace begin with that are not indented. */
const BEGINNINGS = [
  ...["Caused by: ", "Suppressed: ", "Traceback (most recent call last)", "... "],
  ...["During handling of the above", "The above exception was", "goroutine ", "}"],
];
const MAX_NAME = 256;
const NAME = /^[A-Za-z_$][\w$.]*$/;
const ENDINGS = ["Error", "Exception", "Throwable", "Interrupt", "Exit", "Warning", "Fault"];

/** Whether a line continues the entry before it, such as one of a stack trace. */
export function isContinuation(text: string): boolean {
  return text.startsWith(" ") || text.startsWith("\t") ||
    BEGINNINGS.some((beginning) => text.startsWith(beginning)) || isExceptionHeader(text);
}

/** `java.lang.IllegalStateException: Gate 3`, `ValueError: 3`, `KeyboardInterrupt` */
export function isExceptionHeader(text: string): boolean {
  const head = text.slice(0, MAX_NAME);
  const colon = head.indexOf(":");
  const name = colon === -1 ? head : head.slice(0, colon);
  return ENDINGS.some((ending) => name.endsWith(ending)) && NAME.test(name);
}
