// Who may see a dashboard: without a token, only this machine.

import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { timingSafeEqual } from "hono/utils/buffer";

const COOKIE = "headrace_dashboard";
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;
/** What a proxy adds: then the request has come from elsewhere, whatever its host says. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/** Whether a name of a host, with or without a port, is that of this machine alone. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host) || host === "::1";
}

/**
 * Lets requests through that have the token: in the address, which is then taken out of it and kept in a
 * cookie, in that cookie, or in `Authorization`. Without a token, those for a name of this machine: a page
 * of another site that has its own name lead here has that name in its requests.
 */
export function createGate(token: string | undefined): MiddlewareHandler {
  if (token === undefined) {
    return async (context, next) => {
      const host = context.req.header("host") ?? new URL(context.req.url).host;
      const isProxied = FORWARDED.some((name) => context.req.header(name) !== undefined);
      if (isLoopback(host) && !isProxied) return await next();
      return refuse(context, "This dashboard has no token: it is for this machine alone.");
    };
  }
  return async (context, next) => {
    const inAddress = context.req.query("token");
    if (inAddress !== undefined && await timingSafeEqual(inAddress, token)) {
      const url = new URL(context.req.url);
      url.searchParams.delete("token");
      const path = url.pathname.replace(/[^/]*$/, "");
      const secure = url.protocol === "https:";
      setCookie(context, COOKIE, token, { httpOnly: true, sameSite: "Strict", path, secure });
      // Two slashes at its start would lead to another host.
      return context.redirect(url.pathname.replace(/^\/+/, "/") + url.search, 303);
    }
    const bearer = /^bearer (.*)$/i.exec(context.req.header("authorization") ?? "")?.[1];
    const given = bearer ?? getCookie(context, COOKIE);
    if (given !== undefined && await timingSafeEqual(given, token)) return await next();
    return refuse(context, "This dashboard wants its token: open its address with ?token=…");
  };
}

function refuse(context: Context, message: string): Response {
  return context.text(message, 403);
}
