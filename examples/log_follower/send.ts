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

/** Prints alerts, one line of JSON each. */
export function print(alert: Alert): void {
  console.log(JSON.stringify(alert));
}
