import { writeSync } from "node:fs";
import process from "node:process";
import type { SendAlert } from "./deliver.ts";
import type { Alert } from "./pipeline.ts";

/** An endpoint that answered something else than that it took the alert. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
  /** The library reads these two: whether to try again, and how long to wait before. */
  readonly status: number;
  readonly headers: Headers;

  constructor({ status, headers }: Response) {
    super(`The endpoint answered ${status}`);
    this.status = status;
    this.headers = headers;
  }
}

/** Sends alerts with POST. A repeated one has the same idempotency key. */
export function postTo(url: URL): SendAlert {
  return async (alert, signal) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": alert.id },
      body: JSON.stringify(alert),
      // A redirect could lead away from this machine.
      redirect: "error",
      signal,
    });
    await response.body?.cancel();
    if (!response.ok) throw new EndpointError(response);
  };
}

/** The standard output takes nothing more: its reader has left, or its disk is full. */
export class OutputError extends Error {
  override readonly name = "OutputError";
  readonly code: string | undefined;
  readonly retryable = false;

  constructor(cause: unknown) {
    const { code, message } = cause as NodeJS.ErrnoException;
    super(`The standard output takes no more alerts: ${message}`, { cause });
    this.code = code;
  }
}

/** Prints alerts, one line of JSON each. */
export function print(alert: Alert): void {
  let left: Uint8Array = new TextEncoder().encode(`${JSON.stringify(alert)}\n`);
  try {
    // `console.log` does not say that its reader has left: the alert would count as sent.
    while (left.length > 0) left = left.subarray(writeSync(process.stdout.fd, left));
  } catch (error) {
    throw new OutputError(error);
  }
}
