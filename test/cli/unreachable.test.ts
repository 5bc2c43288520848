import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:net";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { testProject, type CliResult } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { ONCE } from "../helpers/mode.ts";
import { api, localServer, type LocalServer } from "./support.ts";

const RESOURCES = {
  "resources/a.ts": api(`
    export const a = folder({ uid: "a", title: "A" });
    export const d = dashboard({ uid: "d", folder: a, spec: { title: "D" } });`),
};
const TOKEN = "glsa_s3cret-token";
const PASSWORD = "s3cret-password";
const CERTIFICATE = fileURLToPath(new URL("../fixtures/tls/cert.pem", import.meta.url));
const KEY = fileURLToPath(new URL("../fixtures/tls/key.pem", import.meta.url));

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const group = (name: string, ...versions: string[]) => ({ name, versions: versions.map((version) => ({ version })) });

const HEALTHY: Readonly<Record<string, Answer>> = {
  "/api/health": { body: { database: "ok", version: "12.4.0" } },
  "/apis": { body: { groups: [group("dashboard.grafana.app", "v1beta1"), group("folder.grafana.app", "v1beta1")] } },
  "/api/frontend/settings": { body: { namespace: "default" } },
  "/api/access-control/user/permissions": {
    body: { "folders:read": ["*"], "dashboards:read": ["*"], "datasources:read": ["*"] },
  },
  "/api/datasources": { body: [] },
};

const PAGE = "<!DOCTYPE html><html><title>Sign in</title></html>";
const UNAUTHORISED = {
  status: 401,
  body: { message: "Invalid API key", messageId: "api-key.invalid", statusCode: 401 },
};

/** Responds like an empty Grafana 12.4, except for the given paths; `*` matches every path. */
function answering(answers: Readonly<Record<string, Answer>>) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const url = request.url ?? "";
    const path = url.replace(/\?.*$/, "");
    const selected = url.includes("labelSelector") ? answers["labelSelector"] : undefined;
    const known: Answer = selected ??
      answers["*"] ??
      answers[path] ??
      HEALTHY[path] ?? { body: { metadata: {}, items: [] } };
    const { status = 200, body, headers = {} } = known;
    response.writeHead(status, headers);
    response.end(typeof body === "string" ? body : body === undefined ? undefined : JSON.stringify(body));
  };
}

function expectNoSecrets({ stdout, stderr }: CliResult): void {
  for (const secret of [TOKEN, PASSWORD, Buffer.from(`admin:${PASSWORD}`).toString("base64")]) {
    expect(stdout + stderr).not.toContain(secret);
  }
}

interface Refusal {
  readonly name: string;
  readonly answers: Readonly<Record<string, Answer>>;
  readonly code: number;
  /** What the message and the hint contain. */
  readonly names: readonly string[];
}

describe.runIf(ONCE)("an unusable Grafana is reported", () => {
  test.each<Refusal>([
    {
      name: "the token is rejected",
      answers: { "*": UNAUTHORISED },
      code: 3,
      names: ['401 "Invalid API key"', "GRAFANA_TOKEN"],
    },
    {
      name: "the token is rejected where one is required",
      answers: {
        "/apis": UNAUTHORISED,
        "/api/frontend/settings": UNAUTHORISED,
        "/api/access-control/user/permissions": UNAUTHORISED,
      },
      code: 3,
      names: ['401 "Invalid API key"', "GRAFANA_TOKEN"],
    },
    {
      name: "the token can't read anything",
      answers: {
        "/api/access-control/user/permissions": { body: { "folders:write": ["*"] } },
      },
      code: 3,
      names: ["folders:read, datasources:read, dashboards:read", "Viewer"],
    },
    {
      name: "the version of Grafana is 9",
      answers: { "/api/health": { body: { version: "9.5.2" } }, "/apis": { body: { groups: [] } } },
      code: 6,
      names: ["Grafana 9.5.2", "10.0.0"],
    },
    {
      name: "the version of Grafana is 9, without the other endpoints",
      answers: {
        "/api/health": { body: { version: "9.5.0" } },
        "/apis": { status: 404, body: { message: "Not found" } },
        "/api/frontend/settings": { body: {} },
      },
      code: 6,
      names: ["Grafana 9.5.0", "10.0.0"],
    },
    {
      name: "the response is an HTML page",
      answers: { "*": { body: PAGE, headers: { "Content-Type": "text/html" } } },
      code: 1,
      names: ["HTML", "GET /api/", "GRAFANA_URL", "GRAFANA_HTTP_HEADERS"],
    },
    {
      name: "the response redirects to a login page",
      answers: { "*": { status: 302, headers: { Location: `/login?state=${TOKEN}` } } },
      code: 1,
      names: ["GET /api/", " /login\n", "GRAFANA_URL"],
    },
    {
      name: "another program returns 404",
      answers: { "*": { status: 404, body: "404 page not found" } },
      code: 1,
      names: ["GET /api/health", "404", "GRAFANA_URL"],
    },
    {
      name: "another program returns JSON",
      answers: { "*": { body: { hello: "world" } } },
      code: 1,
      names: ["/api/health", "version", "GRAFANA_URL"],
    },
    {
      name: "only the health endpoint is Grafana's",
      answers: { "/apis": { body: "" }, "/api/frontend/settings": { body: { namespace: "default" } } },
      code: 1,
      names: ["empty", "(GET /apis)", "GRAFANA_URL"],
    },
    {
      name: "the settings are from another program",
      answers: { "/api/frontend/settings": { body: [] } },
      code: 1,
      names: ["/api/frontend/settings", "namespace", "GRAFANA_URL"],
    },
    {
      name: "Grafana returns 500",
      answers: { "*": { status: 500, body: { message: "disk is full" } } },
      code: 1,
      names: ['500 "disk is full"'],
    },
  ])("$name: exit $code", async ({ answers, code, names }) => {
    const server = await localServer(answering(answers));
    const project = await testProject({
      ...RESOURCES,
      "resources/s.ts": api('export const s = datasource({ uid: "s", name: "S", type: "loki" });'),
    });

    const result = await project.run(["plan"], { GRAFANA_URL: server.url, GRAFANA_TOKEN: TOKEN });

    for (const name of names) expect(result.stderr).toContain(name);
    expect(result.stderr).not.toContain("defect");
    expectNoSecrets(result);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: "" });
    // No retries: repeating a wrong password locks the user.
    const requests = server.seen.map(({ request }) => request);
    expect(requests).toEqual([...new Set(requests)]);
  });

  test("nothing listens, or the name doesn't resolve: exit 1", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const address = closed.address();
    closed.close();
    if (address === null || typeof address === "string") throw new TypeError("a TCP port was expected");
    const project = await testProject(RESOURCES);
    const login = { GRAFANA_USER: "admin", GRAFANA_PASSWORD: PASSWORD };

    const [refused, unresolved] = await Promise.all([
      project.run(["plan"], { ...login, GRAFANA_URL: `http://127.0.0.1:${address.port}` }),
      project.run(["plan"], { ...login, GRAFANA_URL: "http://grafana.invalid" }),
    ]);

    expect(refused.stderr).toMatch(
      new RegExp(`^Error: .*http://127\\.0\\.0\\.1:${address.port}: .*\\(ECONNREFUSED\\)\\n.*GRAFANA_URL`),
    );
    expect(unresolved.stderr).toMatch(
      /^Error: .*http:\/\/grafana\.invalid: .*\((ENOTFOUND|EAI_AGAIN)\)\n.*GRAFANA_URL/,
    );
    for (const result of [refused, unresolved]) {
      expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 1, stdout: "" });
      expectNoSecrets(result);
    }
  });
});

test("an untested version is used, with a note", async () => {
  const server = await localServer(answering({ "/api/health": { body: { version: "13.1.0" } } }));
  const project = await testProject(RESOURCES);

  const { code, stderr } = await project.run(["plan"], { GRAFANA_URL: server.url, GRAFANA_TOKEN: TOKEN });

  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^Grafana 13\.1\.0 .*\n$/) });
});

test("a self-signed certificate is rejected unless GRAFANA_CA_CERT or GRAFANA_INSECURE_SKIP_VERIFY is set", async () => {
  const server = await localServer(answering({}), { key: readFileSync(KEY), cert: readFileSync(CERTIFICATE) });
  const project = await testProject({ ...RESOURCES, "not-a-certificate.pem": "hello" });
  const variables = { GRAFANA_URL: server.url, GRAFANA_TOKEN: TOKEN };

  const refused = await project.run(["plan"], variables);
  expect(refused.stderr).toMatch(/Can't connect to https:.*self.signed certificate.*\n.*GRAFANA_CA_CERT/i);
  expect(refused.code).toBe(1);
  expect(server.seen).toEqual([]);

  const garbage = await project.run(["plan"], { ...variables, GRAFANA_CA_CERT: "not-a-certificate.pem" });
  expect(garbage.stderr).toContain("GRAFANA_CA_CERT");
  expect(garbage.stderr).not.toContain("defect");
  expect(server.seen).toEqual([]);

  for (const trust of [{ GRAFANA_CA_CERT: CERTIFICATE }, { GRAFANA_INSECURE_SKIP_VERIFY: "true" }]) {
    const trusted = await project.run(["plan"], { ...variables, ...trust });
    expect(trusted.stdout).toContain(`Grafana 12.4.0 at ${server.url}`);
    expect({ code: trusted.code, stderr: trusted.stderr }).toEqual({ code: 0, stderr: "" });
  }
});

test("headers and the organization are sent with every request", async () => {
  const server = await localServer(answering({}));
  const project = await testProject(RESOURCES);

  const result = await project.run(["plan"], {
    GRAFANA_URL: server.url,
    GRAFANA_TOKEN: TOKEN,
    GRAFANA_ORG_ID: "7",
    GRAFANA_HTTP_HEADERS: '{"X-Auth-Request": "s3cret-header", "CF-Access-Client-Id": "me"}',
  });

  expect(result.code).toBe(0);
  expect(result.stdout + result.stderr).not.toContain("s3cret-header");
  expectNoSecrets(result);
  expect(server.seen.length).toBeGreaterThan(4);
  for (const { headers } of server.seen) {
    expect(headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      "x-auth-request": "s3cret-header",
      "cf-access-client-id": "me",
      "x-grafana-org-id": "7",
    });
  }
});

/** A reverse proxy that serves Grafana at `/grafana`. */
async function belowASubPath(url: string): Promise<LocalServer> {
  return localServer((incoming, response) => {
    const path = /^\/grafana(\/.*)$/.exec(incoming.url ?? "")?.[1];
    if (!path) return void response.writeHead(404).end("no such site");
    const forwarded = httpRequest(`${url}${path}`, { method: incoming.method, headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    return void incoming.pipe(forwarded);
  });
}

test("a URL with a sub-path works, with and without a trailing slash", async () => {
  const grafana = await testGrafana();
  const proxy = await belowASubPath(grafana.url);
  const project = await testProject(RESOURCES);
  const variables = { ...grafana.variables, GRAFANA_URL: `${proxy.url}/grafana` };

  const applied = await project.run(["apply"], variables);
  const planned = await project.run(["plan"], { ...variables, GRAFANA_URL: `${proxy.url}/grafana/` });

  expect(applied.stdout).toContain("Applied: 2 added");
  expect(applied.code).toBe(0);
  expect(planned.stdout).toContain(`at ${proxy.url}/grafana\n`);
  expect(planned.stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy.");
});
