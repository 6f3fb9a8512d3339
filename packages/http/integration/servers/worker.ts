import { handle } from "./handle.ts";

interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}

interface Env {
  readonly USES_SIGNAL: boolean;
}

const worker: {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>;
} = {
  fetch: (request, { USES_SIGNAL }, context) =>
    handle(request, {
      signal: USES_SIGNAL ? request.signal : undefined,
      waitUntil: (promise) => context.waitUntil(promise),
    }),
};
export default worker;
