import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClient } from "../../src/grafana/client.ts";
import {
  Conflict,
  Forbidden,
  GrafanaError,
  NotAuthenticated,
  NotFound,
  NotGrafana,
  Rejected,
  Unavailable,
} from "../../src/grafana/errors.ts";

const URL = "http://grafana.test";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

async function failure(method: "GET" | "POST", status: number, body: string | object): Promise<GrafanaError> {
  nock(URL).persist().intercept("/api/thing", method).reply(status, body);
  const client = await createClient({ url: URL, credentials: { type: "token", token: "glsa_hidden" } });
  try {
    return await client.send({ method, path: "/api/thing", retries: 0 }).then(
      () => expect.unreachable("it is answered with an error"),
      (error: unknown) => {
        if (error instanceof GrafanaError) return error;
        throw error;
      },
    );
  } finally {
    client.close();
  }
}

describe("an error response becomes a typed error with Grafana's message:", () => {
  test.each([
    { status: 400, body: { message: "bad request data" }, type: Rejected, exitCode: 1 },
    {
      status: 401,
      body: { extra: null, message: "Invalid API key", messageId: "api-key.invalid", statusCode: 401 },
      type: NotAuthenticated,
      exitCode: 3,
    },
    {
      status: 403,
      body: { message: "You'll need additional permissions: datasources:create" },
      type: Forbidden,
      exitCode: 3,
    },
    {
      status: 404,
      body: { kind: "Status", message: 'folders "a" not found', reason: "NotFound", code: 404 },
      type: NotFound,
      exitCode: 1,
    },
    {
      status: 409,
      body: { kind: "Status", message: "the object has been modified", reason: "Conflict", code: 409 },
      type: Conflict,
      exitCode: 7,
    },
    {
      status: 412,
      body: { message: "The dashboard has been changed by someone else", status: "version-mismatch" },
      type: Conflict,
      exitCode: 7,
    },
    { status: 413, body: { message: "request body too large" }, type: Rejected, exitCode: 1 },
    { status: 422, body: { kind: "Status", message: "unknown field", code: 422 }, type: Rejected, exitCode: 1 },
    { status: 500, body: { kind: "Status", message: "database is locked", code: 500 }, type: Unavailable, exitCode: 1 },
    { status: 503, body: "upstream connect error", type: Unavailable, exitCode: 1 },
  ])("$status", async ({ status, body, type, exitCode }) => {
    const error = await failure("GET", status, body);
    expect(error).toBeInstanceOf(type);
    expect(error.exitCode).toBe(exitCode);
    expect(error.status).toBe(status);
    expect(error.message).toContain(typeof body === "string" ? body : body.message);
    expect(JSON.stringify(error) + error.message + String(error.stack)).not.toContain("glsa_hidden");
  });

  test("an empty 404", async () => {
    const error = await failure("GET", 404, "");
    expect(error).toBeInstanceOf(NotFound);
    expect(error.message).toContain("GET /api/thing returned 404 without a message");
  });

  test("a write that ends with 500 may have been executed, and a rejected one was not", async () => {
    expect((await failure("POST", 500, { message: "database is locked" })).outcomeUnknown).toBe(true);
    nock.cleanAll();
    expect((await failure("POST", 409, { message: "exists" })).outcomeUnknown).toBe(false);
    nock.cleanAll();
    expect((await failure("GET", 500, { message: "database is locked" })).outcomeUnknown).toBe(false);
  });

  test("a read that met a locked database is retried", async () => {
    const locked = { kind: "Status", message: "database is locked", code: 500 };
    const scope = nock(URL).get("/api/thing").reply(500, locked).get("/api/thing").reply(200, { uid: "a" });
    const client = await createClient({ url: URL, credentials: { type: "none" } });
    expect(await client.send({ method: "GET", path: "/api/thing" })).toEqual({ uid: "a" });
    expect(scope.isDone()).toBe(true);
    client.close();
  });

  test("an HTML page with status 200 is not a response of Grafana", async () => {
    const error = await failure("GET", 200, "<!doctype html><title>Sign in</title>");
    expect(error).toBeInstanceOf(NotGrafana);
    expect(error.hint).toContain("sub-path");
  });
});
