import type { Fate, Passing } from "../helpers/faulty-proxy.ts";

/** What the user gets: success, or an exit code. */
export type Ends = "done" | 1 | 3 | 7;

/** A fault of a request. */
export interface HttpFault {
  readonly name: string;
  readonly fate: (request: Passing) => Fate | Promise<Fate>;
  /** The expected end of a run whose list meets the fault once, or every time. */
  readonly list: readonly [once: Ends, always: Ends];
  /** The same for a write or a deletion. */
  readonly write: readonly [once: Ends, always: Ends];
  /** Set if updates or deletions end differently than creations. */
  readonly change?: readonly [once: Ends, always: Ends];
}

const PAGE = "<!DOCTYPE html><html><title>Sign in</title></html>";
const html = { "content-type": "text/html" };

function answer(status: number, body: unknown = "", headers: Record<string, string> = {}): HttpFault["fate"] {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return () => ({ status, headers: { "content-type": "application/json", ...headers }, body: text });
}

/** Grafana executes the request, but the response is different. */
function after(fate: Fate): HttpFault["fate"] {
  return async (request) => {
    await request.forward();
    return fate;
  };
}

/** A time that clients in these tests wait for, and one that they don't. */
const past = "Wed, 21 Oct 2015 07:28:00 GMT";
const locked = { kind: "Status", status: "Failure", message: "database is locked", code: 500 };

/** All faults with the expected end of a run. */
export const faults: readonly HttpFault[] = [
  { name: "the connection is refused", fate: () => ({ refuse: 15 }), list: ["done", 1], write: ["done", 1] },
  { name: "a reset before the request was executed", fate: () => "reset", list: ["done", 1], write: ["done", 1] },
  { name: "a reset after the request was executed", fate: after("reset"), list: ["done", 1], write: ["done", "done"] },
  { name: "a stall before the request was executed", fate: () => "expire", list: ["done", 1], write: ["done", 1] },
  { name: "a stall after the request was executed", fate: after("expire"), list: ["done", 1], write: ["done", "done"] },
  { name: "a late response", fate: () => ({ delay: 20 }), list: ["done", "done"], write: ["done", "done"] },
  {
    name: "a truncated response with a length",
    fate: () => ({ cut: 1, framed: true }),
    list: ["done", 1],
    write: ["done", "done"],
  },
  {
    name: "a truncated response without a length",
    fate: () => ({ cut: 1, framed: false }),
    list: ["done", 1],
    write: ["done", "done"],
  },
  { name: "401", fate: answer(401, { message: "Invalid API key" }), list: [3, 3], write: [3, 3] },
  { name: "403", fate: answer(403, { message: "You'll need permissions" }), list: [3, 3], write: [3, 3] },
  { name: "404 with an empty body", fate: answer(404), list: [1, 1], write: [1, 1] },
  { name: "404 with an HTML page", fate: answer(404, PAGE, html), list: [1, 1], write: [1, 1] },
  { name: "404 from another server", fate: answer(404, { message: "no Route matched" }), list: [1, 1], write: [1, 1] },
  { name: "407", fate: answer(407, PAGE, html), list: [1, 1], write: [1, 1] },
  {
    name: "409",
    fate: answer(409, { message: "it was modified" }),
    list: [7, 7],
    write: ["done", 7],
    change: [7, 7],
  },
  {
    name: "412",
    fate: answer(412, { message: "version-mismatch" }),
    list: [7, 7],
    write: ["done", 7],
    change: [7, 7],
  },
  { name: "413", fate: answer(413, PAGE, html), list: [1, 1], write: [1, 1] },
  {
    name: "429 with Retry-After in seconds",
    fate: answer(429, { message: "quota" }, { "retry-after": "0" }),
    list: ["done", 1],
    write: ["done", 1],
  },
  {
    name: "429 with Retry-After as a past date",
    fate: answer(429, { message: "quota" }, { "retry-after": past }),
    list: ["done", 1],
    write: ["done", 1],
  },
  {
    name: "429 with Retry-After of a day",
    fate: answer(429, { message: "quota" }, { "retry-after": "86400" }),
    list: [1, 1],
    write: [1, 1],
  },
  { name: "500", fate: answer(500, { message: "disk is full" }), list: [1, 1], write: ["done", 1] },
  { name: "500, the database is locked", fate: answer(500, locked), list: ["done", 1], write: ["done", 1] },
  {
    name: "500 after the request was executed",
    fate: after({ status: 500, body: '{"message":"cache"}' }),
    list: [1, 1],
    write: ["done", "done"],
  },
  { name: "502", fate: answer(502, PAGE, html), list: ["done", 1], write: ["done", 1] },
  {
    name: "502 after the request was executed",
    fate: after({ status: 502, headers: html, body: PAGE }),
    list: ["done", 1],
    write: ["done", "done"],
  },
  {
    name: "503 with Retry-After",
    fate: answer(503, { message: "upgrading" }, { "retry-after": "0" }),
    list: ["done", 1],
    write: ["done", 1],
  },
  {
    name: "504 after the request was executed",
    fate: after({ status: 504 }),
    list: ["done", 1],
    write: ["done", "done"],
  },
  { name: "200 with an HTML page", fate: answer(200, PAGE, html), list: [1, 1], write: ["done", 1] },
  {
    name: "200 with an HTML page after the request was executed",
    fate: after({ status: 200, headers: html, body: PAGE }),
    list: [1, 1],
    write: ["done", "done"],
  },
  { name: "200 with an empty body", fate: answer(200), list: [1, 1], write: ["done", 1] },
  { name: "200 with JSON of another shape", fate: answer(200, { hello: "world" }), list: [1, 1], write: ["done", 1] },
  { name: "a redirect to a login page", fate: answer(302, "", { location: "/login" }), list: [1, 1], write: [1, 1] },
];
