/**
 * Calls `callback` when `delayMs` are over and what has been sent until then was read; the result stops
 * it. Where a thread had no time meanwhile, Deno calls a timer that is overdue before it reads messages.
 */
export function startLateTimer(callback: () => void, delayMs: number): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(callback);
  }, delayMs);
  return () => clearTimeout(timer);
}
