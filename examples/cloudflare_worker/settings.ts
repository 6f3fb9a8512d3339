import type { Fetcher, Service } from "./call_service.ts";

/** What the Worker finds in its environment: see wrangler.jsonc. */
export interface Env {
  /** The service, as a binding; wins over `SERVICE_URL`. */
  readonly SERVICE?: Fetcher;
  /** Where the service is called; with a binding, only the path counts. */
  readonly SERVICE_URL?: string;
  /** See {@linkcode Settings.concurrentCalls}. */
  readonly CONCURRENT_CALLS?: number | string;
  /** See {@linkcode Settings.linesPerCall}. */
  readonly LINES_PER_CALL?: number | string;
  /** See {@linkcode Settings.maxLineLength}. */
  readonly MAX_LINE_LENGTH?: number | string;
  /** See {@linkcode Service.timeoutMs}. */
  readonly CALL_TIMEOUT_MS?: number | string;
  /** See {@linkcode Service.attempts}. */
  readonly CALL_ATTEMPTS?: number | string;
  /** See {@linkcode Service.maxAnswerBytes}. */
  readonly MAX_ANSWER_BYTES?: number | string;
  /** See {@linkcode Settings.heartbeatMs}. */
  readonly HEARTBEAT_MS?: number | string;
  /** What clients must send as `Authorization: Bearer`; a secret. Absent where all may upload. */
  readonly TOKEN?: string;
  /** See {@linkcode Service.token}; a secret. */
  readonly SERVICE_TOKEN?: string;
}

/** The settings of a run. */
export interface Settings {
  readonly service: Service;
  /** The most calls at a time. @default {6}, as many as Workers let wait for an answer */
  readonly concurrentCalls: number;
  /** The most lines that go out in one call. @default {100} */
  readonly linesPerCall: number;
  /** The longest line that is taken, in characters. @default {65536} */
  readonly maxLineLength: number;
  /** How long nothing is sent before a sign of life is, in milliseconds. @default {15000} */
  readonly heartbeatMs: number;
}

/**
 * Reads the settings of a run.
 *
 * @throws {TypeError | RangeError} If the service is missing or a number is out of bounds.
 */
export function readSettings(env: Env): Settings {
  return {
    service: readService(env),
    concurrentCalls: readInteger(env, "CONCURRENT_CALLS", 6, 1_000),
    linesPerCall: readInteger(env, "LINES_PER_CALL", 100, 10_000),
    maxLineLength: readInteger(env, "MAX_LINE_LENGTH", 65_536, 1_048_576),
    heartbeatMs: readInteger(env, "HEARTBEAT_MS", 15_000, 600_000),
  };
}

function readService(env: Env): Service {
  const { SERVICE, SERVICE_URL, SERVICE_TOKEN } = env;
  const bounds = {
    token: SERVICE_TOKEN,
    timeoutMs: readInteger(env, "CALL_TIMEOUT_MS", 10_000, 600_000),
    attempts: readInteger(env, "CALL_ATTEMPTS", 3, 10),
    maxAnswerBytes: readInteger(env, "MAX_ANSWER_BYTES", 8_388_608, 67_108_864),
  };
  if (SERVICE !== undefined) {
    return { fetcher: SERVICE, url: SERVICE_URL ?? "https://service/", ...bounds };
  }
  if (SERVICE_URL === undefined) {
    throw new TypeError("Cannot start: SERVICE or SERVICE_URL must be set, got neither");
  }
  return { fetcher: { fetch: (request) => fetch(request) }, url: SERVICE_URL, ...bounds };
}

type NumberName = Exclude<keyof Env, "SERVICE" | "SERVICE_URL" | "SERVICE_TOKEN" | "TOKEN">;

function readInteger(env: Env, name: NumberName, fallback: number, most: number): number {
  const value = Number(env[name] ?? fallback);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(
    `Cannot start: ${name} must be an integer from 1 to ${most}, got ${env[name]}`,
  );
}
