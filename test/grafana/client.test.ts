import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createClient, type Client, type ClientOptions, type Request } from "../../src/grafana/client.ts";
import {
  Conflict,
  Forbidden,
  GrafanaError,
  NotAuthenticated,
  NotFound,
  NotGrafana,
  Rejected,
  Unavailable,
  unlessNotFound,
} from "../../src/grafana/errors.ts";
import { localServer } from "../cli/support.ts";
import { expire } from "../helpers/expire.ts";

const TOKEN = "glsa_s3cret-token";

async function clientOf(url: string, options: Partial<ClientOptions> = {}): Promise<Client> {
  const client = await createClient({ url, credentials: { type: "token", token: TOKEN }, ...options });
  onTestFinished(() => client.close());
  return client;
}

async function failure(client: Client, request: Request): Promise<GrafanaError> {
  const error = await client.send(request).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GrafanaError)) throw new TypeError("a GrafanaError was expected", { cause: error });
  return error;
}

const GET = { method: "GET", path: "/api/thing" } as const;
const POST = { method: "POST", path: "/api/thing?key=s3cret-query", body: { uid: "a" } } as const;
const PUT = { method: "PUT", path: "/api/thing/a", body: { uid: "a" } } as const;
const DELETE = { method: "DELETE", path: "/api/thing/a" } as const;

function kubernetes(code: number, message: string) {
  return { kind: "Status", status: "Failure", message, code };
}

describe("an error response", () => {
  test.each([
    {
      status: 400,
      body: { message: "bad request data" },
      type: Rejected,
      says: 'POST /api/thing returned 400 "bad request data"',
      exitCode: 1,
    },
    {
      status: 401,
      body: { statusCode: 401, messageId: "api-key.invalid", message: "Invalid API key" },
      type: NotAuthenticated,
      says: '401 "Invalid API key"',
      exitCode: 3,
    },
    {
      status: 403,
      body: { accessErrorId: "ACE1", message: "You'll need additional permissions", title: "Access denied" },
      type: Forbidden,
      says: `403 "You'll need additional permissions"`,
      exitCode: 3,
    },
    {
      status: 404,
      body: kubernetes(404, 'dashboards "a" not found'),
      type: NotFound,
      says: '404 "dashboards "a" not found"',
      exitCode: 1,
    },
    { status: 404, body: "", type: NotFound, says: "404 without a message", exitCode: 1 },
    { status: 404, body: "404 page not found\n", type: NotFound, says: '404 "404 page not found"', exitCode: 1 },
    {
      status: 409,
      body: kubernetes(409, "the object has been modified"),
      type: Conflict,
      says: '409 "the object has been modified"',
      exitCode: 7,
    },
    {
      status: 412,
      body: { status: "version-mismatch", message: "changed by someone else" },
      type: Conflict,
      says: '412 "changed by someone else"',
      exitCode: 7,
    },
    {
      status: 413,
      body: PAGE("413 Request Entity Too Large"),
      type: Rejected,
      says: 'POST /api/thing returned 413 "an HTML page"',
      exitCode: 1,
    },
    { status: 422, body: "[]", type: Rejected, says: "422 without a message", exitCode: 1 },
    {
      status: 500,
      body: { message: "database is locked" },
      type: Unavailable,
      says: '500 "database is locked"',
      exitCode: 1,
    },
    { status: 502, body: PAGE("502 Bad Gateway"), type: Unavailable, says: '502 "an HTML page"', exitCode: 1 },
  ])("$status is $type.name with Grafana's message: $says", async ({ status, body, type, says, exitCode }) => {
    const { url, seen } = await localServer((_request, response) => {
      response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
    });

    const error = await failure(await clientOf(url), POST);

    expect(error).toBeInstanceOf(type);
    expect(error.message).toContain(says);
    expect({ exitCode: error.exitCode, status: error.status }).toEqual({ exitCode, status });
    expect(seen).toHaveLength(1);
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/s3cret/);
  });

  test("can't control the terminal with its message, which is shortened", async () => {
    const message = `\u001b[2J\u001b]0;title\u0007line\n${"x".repeat(2000)}`;
    const { url } = await localServer((_request, response) => {
      response.writeHead(400).end(JSON.stringify({ message }));
    });

    const error = await failure(await clientOf(url), POST);

    // oxlint-disable-next-line no-control-regex
    expect(error.message).not.toMatch(/[\u0000-\u001f]/);
    expect(error.message.length).toBeLessThan(700);
  });

  test("that redirects is not followed, because the credentials would be sent elsewhere", async () => {
    const elsewhere = await localServer((_request, response) => void response.end("{}"));
    const { url } = await localServer((_request, response) => {
      response.writeHead(307, { Location: `${elsewhere.url}/api/thing?token=s3cret` }).end();
    });

    const error = await failure(await clientOf(url), POST);

    expect(error).toBeInstanceOf(NotGrafana);
    expect(error.message).toBe(`${url} redirected POST /api/thing to ${elsewhere.url}/api/thing`);
    expect(elsewhere.seen).toEqual([]);
  });
});

function PAGE(title: string): string {
  return `<html><head><title>${title}</title></head></html>`;
}

/** Sends the responses of one server in order, and repeats the last one. */
function inTurn(...answers: ((response: ServerResponse) => void)[]) {
  let next = 0;
  return (_request: unknown, response: ServerResponse): void =>
    answers[Math.min(next++, answers.length - 1)]?.(response);
}

const done = (response: ServerResponse): void => void response.end('{"done":true}');
const failing =
  (status: number) =>
  (response: ServerResponse): void =>
    void response.writeHead(status).end();

describe("429", () => {
  test.each([
    { name: "in seconds", retryAfter: () => "1" },
    { name: "as a date", retryAfter: (until: number) => new Date(until).toUTCString() },
  ])("delays a write as well, with Retry-After $name", async ({ retryAfter }) => {
    // Dates have only whole seconds.
    const until = Math.ceil(Date.now() / 1000) * 1000 + 1000;
    let since: number | undefined;
    const { url, seen } = await localServer((_request, response) => {
      since ??= Date.now();
      const allowed = Date.now() >= Math.min(since + 1000, until);
      if (allowed) done(response);
      else response.writeHead(429, { "Retry-After": retryAfter(until) }).end();
    });

    await expect((await clientOf(url)).send(POST)).resolves.toEqual({ done: true });
    expect(seen.map(({ request }) => request)).toEqual([`POST ${POST.path}`, `POST ${POST.path}`]);
  });
});

test("with a Retry-After of an hour is not waited for", async () => {
  const { url, seen } = await localServer((_request, response) => {
    response.writeHead(429, { "Retry-After": "3600" }).end('{"message":"quota"}');
  });

  const error = await failure(await clientOf(url), GET);

  expect(error).toBeInstanceOf(Unavailable);
  expect(error.message).toContain('429 "quota"');
  expect(seen).toHaveLength(1);
});

test("causes a limited total wait, which is reported once for all requests that wait at the same time", async () => {
  // Time passes only between the first three responses and the next ones.
  const clock = vi.spyOn(performance, "now").mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  const { url, seen } = await localServer((_request, response) => {
    if (seen.length > 3) clock.mockReturnValue(2_000);
    response.writeHead(429, { "Retry-After": "2" }).end('{"message":"quota"}');
  });
  const told: string[] = [];
  const client = await clientOf(url, { patience: 3000, onWait: ({ why }) => told.push(why) });

  const errors = await Promise.all([failure(client, GET), failure(client, POST), failure(client, GET)]);

  for (const error of errors) expect(error).toBeInstanceOf(Unavailable);
  expect(seen, "each is sent twice: a third attempt would exceed three seconds").toHaveLength(6);
  expect(told).toEqual(["GET /api/thing returned 429 with Retry-After"]);
});

test("with a Retry-After in the past, or an invalid one, causes no wait", async () => {
  for (const retryAfter of ["Wed, 21 Oct 2015 07:28:00 GMT", "-5", "soon", "0"]) {
    const { url, seen } = await localServer(
      inTurn((response) => void response.writeHead(429, { "Retry-After": retryAfter }).end(), done),
    );

    await expect((await clientOf(url, { retryDelay: 1 })).send(POST), retryAfter).resolves.toEqual({ done: true });
    expect(seen, retryAfter).toHaveLength(2);
  }
});

test("a response that arrives too slowly is aborted", async () => {
  const { url } = await localServer((_request, response) => {
    response.writeHead(200);
    const drops = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(drops));
  });

  const error = await failure(await clientOf(url, { timeout: 200, patience: 200 }), GET);

  expect(error.message).toMatch(/timeout \((ECONNABORTED|ERR_CANCELED)\)/);
});

test("after a 401 no more requests are sent, because Grafana locks a user after five", async () => {
  const { url, seen } = await localServer((_request, response) => {
    response.writeHead(401).end('{"message":"Invalid username or password"}');
  });
  const client = await clientOf(url);

  const first = await failure(client, GET);

  for (const request of [GET, POST, PUT, DELETE]) expect(await failure(client, request)).toBe(first);
  expect(seen).toHaveLength(1);
});

describe("a 404", () => {
  test.each([
    { body: kubernetes(404, 'dashboards "a" not found'), absent: true },
    { body: kubernetes(404, "the server could not find the requested resource"), absent: false },
    { body: { message: "Data source not found" }, absent: true },
    { body: { message: "library element could not be found" }, absent: true },
    {
      body: { statusCode: 404, messageId: "alerting.notifications.templates.notFound", message: "NotFound" },
      absent: true,
    },
    { body: { message: "Not found" }, absent: false },
    { body: { message: "no Route matched with those values" }, absent: false },
    { body: { error: "not found" }, absent: false },
    { body: PAGE("404 Not Found"), absent: false },
    { body: "404 page not found\n", absent: false },
    { body: "", absent: false },
  ])("$body: the object does not exist: $absent", async ({ body, absent }) => {
    const { url } = await localServer((_request, response) => {
      response.writeHead(404).end(typeof body === "string" ? body : JSON.stringify(body));
    });
    const client = await clientOf(url);

    for (const request of [GET, DELETE]) {
      const answer = unlessNotFound(client.send(request));
      const found = await answer.then(
        () => "absent",
        (error: unknown) => (error instanceof NotFound ? "an error" : error),
      );
      expect(found).toBe(absent ? "absent" : "an error");
    }
  });
});

describe("502, 503 and 504", () => {
  test.each([502, 503, 504])("%i is retried only if this is safe", async (status) => {
    const outcome = async (request: Request) => {
      const { url, seen } = await localServer(inTurn(failing(status), done));
      const client = await clientOf(url);
      const result = await client.send(request).catch((error: unknown) => error);
      return { result, sent: seen.length };
    };

    const [get, dryRun, post, put, remove] = await Promise.all(
      [GET, { ...POST, repeatable: true }, POST, PUT, DELETE].map(outcome),
    );

    for (const repeated of [get, dryRun]) expect(repeated).toEqual({ result: { done: true }, sent: 2 });
    for (const once of [post, put, remove]) {
      expect(once?.sent).toBe(1);
      expect(once?.result).toMatchObject({ name: "Unavailable", status, outcomeUnknown: true });
    }
  });

  test("a server that keeps failing is reported with its message", async () => {
    const { url, seen } = await localServer((_request, response) => {
      response.writeHead(503).end('{"message":"upgrading"}');
    });
    const retries: number[] = [];

    const error = await failure(await clientOf(url, { onRequest: ({ retry }) => retries.push(retry) }), GET);

    expect(error).toBeInstanceOf(Unavailable);
    expect(error.message).toContain('503 "upgrading"');
    expect(error.outcomeUnknown).toBe(false);
    expect(retries).toEqual([0, 1, 2, 3, 4]);
    expect(seen).toHaveLength(5);
  });
});

/** A server that reads whole requests, and then does anything with the connection. */
async function rawServer(
  answer: (socket: Socket, count: number) => void,
): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
      const [head = "", body = ""] = text.split("\r\n\r\n", 2);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (!text.includes("\r\n\r\n") || body.length < length) return;
      text = "";
      requests.push(head.split(" ", 1)[0] ?? "");
      answer(socket, requests.length);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP port was expected");
  return { url: `http://127.0.0.1:${address.port}`, requests };
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"done":true}';

describe("a connection that breaks after the request was sent", () => {
  test.each([
    {
      name: "is reset",
      break: (socket: Socket) => void socket.resetAndDestroy(),
      says: /connection was reset \(ECONNRESET\)/,
    },
    {
      name: "is closed without a response",
      break: (socket: Socket) => void socket.end(),
      says: /socket hang up|connection was reset/,
    },
    {
      name: "is closed in the middle of the response",
      break: (socket: Socket) => void socket.end(ANSWER.slice(0, -6)),
      says: /failed during POST \/api\/thing|not complete JSON/,
    },
    { name: "does not respond in time", break: expire, says: /timeout/ },
    {
      name: "stops in the middle of the response",
      break: (socket: Socket) => void socket.write(ANSWER.slice(0, -6), () => expire(socket)),
      says: /timeout|failed during/,
    },
  ])("and $name: a read is retried, a write is not", async ({ break: breakOff, says }) => {
    const ill = await rawServer(breakOff);
    const error = await failure(await clientOf(ill.url), POST);

    expect(error).toBeInstanceOf(Unavailable);
    expect(error.message).toMatch(says);
    expect(error.outcomeUnknown).toBe(true);
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/s3cret/);
    expect(ill.requests).toEqual(["POST"]);

    const recovering = await rawServer((socket, count) => (count === 1 ? breakOff(socket) : void socket.write(ANSWER)));
    await expect((await clientOf(recovering.url)).send(GET)).resolves.toEqual({ done: true });
    expect(recovering.requests).toEqual(["GET", "GET"]);
  });

  test("a write is retried if that is safe", async () => {
    const server = await rawServer(
      (socket, count) => void (count === 1 ? socket.resetAndDestroy() : socket.write(ANSWER)),
    );

    const answer = (await clientOf(server.url)).send({ ...POST, repeatable: true });

    await expect(answer).resolves.toEqual({ done: true });
    expect(server.requests).toEqual(["POST", "POST"]);
  });
});

test("the number of concurrent requests is limited, and all of them get a response", async () => {
  const waiting: ServerResponse[] = [];
  let most = 0;
  const { url, seen } = await localServer((_request, response) => {
    waiting.push(response);
    most = Math.max(most, waiting.length);
    if (waiting.length < 3 && seen.length < 10) return;
    // Leaves time for one more request than the limit.
    setTimeout(() => {
      for (const one of waiting.splice(0)) done(one);
    }, 50);
  });
  const client = await clientOf(url, { concurrency: 3 });

  const answers = await Promise.all(Array.from({ length: 10 }, () => client.send(GET)));

  expect(answers).toEqual(Array.from({ length: 10 }, () => ({ done: true })));
  expect(seen).toHaveLength(10);
  expect(most).toBe(3);
});

test("a closed client ends its requests and sends no more", async () => {
  const server = await rawServer((_socket, count) => {
    if (count === 1) client.close();
  });
  const client = await clientOf(server.url);

  const error = await failure(client, GET);

  expect(error).toBeInstanceOf(Unavailable);
  expect(server.requests).toEqual(["GET"]);
});

describe("a response that isn't JSON", () => {
  test.each([
    {
      name: "an HTML page",
      body: PAGE("Sign in"),
      type: NotGrafana,
      says: /HTML page instead of a response/,
    },
    { name: "a truncated response", body: '{"items":[', type: Unavailable, says: /not complete JSON/ },
  ])("is an error: $name", async ({ body, type, says }) => {
    const { url } = await localServer((_request, response) => void response.end(body));
    const client = await clientOf(url);

    const [read, written] = [await failure(client, GET), await failure(client, PUT)];

    expect(read).toBeInstanceOf(type);
    expect(read.message).toMatch(says);
    expect(read.outcomeUnknown).toBe(false);
    expect(written.outcomeUnknown).toBe(true);
  });

  test("an empty response is valid only with 204", async () => {
    const { url } = await localServer((_request, response) => void response.writeHead(204).end());
    const empty = await localServer((_request, response) => void response.end());

    await expect((await clientOf(url)).send(DELETE)).resolves.toBeUndefined();
    const error = await failure(await clientOf(empty.url), DELETE);
    expect(error).toBeInstanceOf(NotGrafana);
    expect(error.outcomeUnknown).toBe(true);
  });
});
