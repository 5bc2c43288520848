import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { api } from "../cli/support.ts";
import { collection } from "../engine/support.ts";
import { testProject, type CliResult } from "../helpers/cli.ts";
import { faultyProxy, type Fate, type Passing } from "../helpers/faulty-proxy.ts";
import { testGrafana } from "../helpers/grafana.ts";

// What a person reads and gets, fault by fault: each row is a line of the manual.

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const [CERTIFICATE, EXPIRED, OTHER_NAME, KEY] = ["cert", "expired", "other-name", "key"].map((name) =>
  fixture(`${name}.pem`),
) as [string, string, string, string];
const PAGE = "<!DOCTYPE html><html><title>Sign in</title></html>";
const LOGIN = { GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" };

const CHECK_URL =
  "Check GRAFANA_URL, and that Grafana is running and can be reached from here (VPN, firewall, HTTPS_PROXY).";
const CHECK_PATH = "Check GRAFANA_URL, with its sub-path if it has one, and the proxy before it.";
const CHECK_PROXY = "Check HTTPS_PROXY; NO_PROXY names hosts that are reached without it.";
const INSECURE = "GRAFANA_INSECURE_SKIP_VERIFY=true turns the check off, for a test only.";
const GOES_ON = "Run the command again: it goes on where it stopped.";
const NOT_GRAFANAS =
  "A page of HTML is not Grafana's answer: a proxy or a login page stands before it. GRAFANA_HTTP_HEADERS can carry what it asks for.";
const NOT_ITS_WORDS =
  "These are not Grafana's words for something that it doesn't have: check GRAFANA_URL, with its sub-path if it has one, and the proxy before it.";
const CREDENTIALS =
  "Set GRAFANA_TOKEN to a service account's token (Administration > Service accounts), or GRAFANA_USER and GRAFANA_PASSWORD. Grafana locks a user for five minutes after five wrong passwords.";
const TOO_LARGE = "Raise the limit of the proxy (nginx: client_max_body_size), or make two of it.";
const LOGIN_PAGE =
  "Is the URL right, with its sub-path if it has one? A proxy or a login page may stand before Grafana: GRAFANA_HTTP_HEADERS can carry what it asks for.";

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function tls(options: ServerOptions): Promise<string> {
  const server = createTlsServer(options, (_request, response) => void response.end("{}"));
  return `https://127.0.0.1:${await listening(server)}`;
}

const own = (certificate: string): ServerOptions => ({ key: readFileSync(KEY), cert: readFileSync(certificate) });

/** A port on which nothing listens. */
async function closed(): Promise<number> {
  const server = createTcpServer();
  const port = await listening(server);
  server.close();
  await once(server, "close");
  return port;
}

/** A proxy that answers CONNECT alone, and so. */
async function refusingProxy(answer: string): Promise<string> {
  const server = createServer();
  server.on("connect", (_request: IncomingMessage, socket) => void socket.end(answer));
  return `http://127.0.0.1:${await listening(server)}`;
}

interface Unreachable {
  readonly name: string;
  /** The variables, of which the URL is called `URL` below, and the proxy `PROXY`. */
  readonly variables: () => Promise<Record<string, string>>;
  readonly says: string;
  readonly hint: string;
}

describe("no connection: exit 1, and nothing on standard output", () => {
  test.each<Unreachable>([
    {
      name: "nothing listens there",
      variables: async () => ({ GRAFANA_URL: `http://127.0.0.1:${await closed()}` }),
      says: "Can't connect to URL: nothing listens there (ECONNREFUSED)",
      hint: CHECK_URL,
    },
    {
      name: "the certificate is of nobody who is known",
      variables: async () => ({ GRAFANA_URL: await tls(own(CERTIFICATE)) }),
      says: "Can't connect to URL: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)",
      hint: `Its certificate isn't trusted here: name your CA's file in GRAFANA_CA_CERT. ${INSECURE}`,
    },
    {
      name: "the certificate has expired",
      variables: async () => ({ GRAFANA_URL: await tls(own(EXPIRED)), GRAFANA_CA_CERT: EXPIRED }),
      says: "Can't connect to URL: its certificate has expired (CERT_HAS_EXPIRED)",
      hint: `Renew it there, or is the clock here wrong? ${INSECURE}`,
    },
    {
      name: "the certificate is of another name",
      variables: async () => ({ GRAFANA_URL: await tls(own(OTHER_NAME)), GRAFANA_CA_CERT: OTHER_NAME }),
      says: "Can't connect to URL: its certificate is of another name (ERR_TLS_CERT_ALTNAME_INVALID)",
      hint: `Use a name that its certificate has in the URL. ${INSECURE}`,
    },
    {
      name: "a certificate of the client is wanted",
      variables: async () => ({
        GRAFANA_URL: await tls({ ...own(CERTIFICATE), requestCert: true, ca: readFileSync(CERTIFICATE) }),
        GRAFANA_CA_CERT: CERTIFICATE,
      }),
      says: "Can't connect to URL: it wants a certificate of the client (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)",
      hint: "Name the files of your certificate and its key in GRAFANA_TLS_CERT and GRAFANA_TLS_KEY.",
    },
    {
      name: "https where http is spoken",
      variables: async () => ({ GRAFANA_URL: `https://127.0.0.1:${await listening(createServer())}` }),
      says: "Can't connect to URL: it doesn't speak TLS (EPROTO)",
      hint: "Does the URL begin with http:// rather than https://?",
    },
    {
      name: "nothing listens where the proxy should be",
      variables: async () => ({
        GRAFANA_URL: "https://grafana.example.org",
        HTTPS_PROXY: `http://user:s3cret@127.0.0.1:${await closed()}`,
      }),
      says: "Can't connect to the proxy PROXY: nothing listens there (ECONNREFUSED)",
      hint: CHECK_PROXY,
    },
    {
      name: "the proxy asks for credentials",
      variables: async () => ({
        GRAFANA_URL: "https://grafana.example.org",
        HTTPS_PROXY: await refusingProxy("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
      }),
      says: "The proxy asks for credentials: GET /api/health was answered 407 without a message",
      hint: "Put them into HTTPS_PROXY as http://user:password@host:port.",
    },
    {
      name: "the proxy may not connect there",
      variables: async () => ({
        GRAFANA_URL: "https://grafana.example.org",
        HTTPS_PROXY: await refusingProxy("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
      }),
      says: "The proxy PROXY makes no connection to URL: it answers 403",
      hint: CHECK_PROXY,
    },
  ])("$name", async ({ variables, says, hint }) => {
    const project = await testProject(PROJECT);
    const given = { ...LOGIN, ...(await variables()) };

    const result = await project.run(["plan"], given);

    const { GRAFANA_URL: url = "", HTTPS_PROXY: proxy = "http://none" } = given as Record<string, string>;
    const told = result.stderr.replaceAll(url, "URL").replaceAll(new URL(proxy).origin, "PROXY");
    expect(told).toBe(`Error: ${says}\n${hint}\n`);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 1, stdout: "" });
  });

  test("the name doesn't resolve", async () => {
    const project = await testProject(PROJECT);
    const { code, stderr } = await project.run(["plan"], { ...LOGIN, GRAFANA_URL: "https://grafana.invalid" });

    expect(stderr.replace("EAI_AGAIN", "ENOTFOUND")).toBe(
      `Error: Can't connect to https://grafana.invalid: the host name doesn't resolve (ENOTFOUND)\n${CHECK_URL}\n`,
    );
    expect(code).toBe(1);
  });

  test("http where https is spoken", async () => {
    const project = await testProject(PROJECT);
    const url = (await tls(own(CERTIFICATE))).replace("https", "http");
    const { code, stderr } = await project.run(["plan"], { ...LOGIN, GRAFANA_URL: url });

    expect(stderr).toBe(
      `Error: The connection to ${url} failed during GET /api/health: the connection was reset (ECONNRESET)\nShould the URL begin with https://? Otherwise run the command again.\n`,
    );
    expect(code).toBe(1);
  });
});

const PROJECT = { "resources/a.ts": api('export const a = folder({ uid: "a", title: "A" });') };

const answer =
  (status: number, body: unknown = "", headers: Record<string, string> = {}) =>
  (): Fate => ({ status, headers, body: typeof body === "string" ? body : JSON.stringify(body) });

interface Answered {
  readonly name: string;
  readonly fate: (request: Passing) => Fate | Promise<Fate>;
  /** How many requests meet it. Default: all. */
  readonly times?: number;
  readonly code: number;
  readonly says: string;
  readonly hint?: string;
}

/** Runs a command on a sandbox behind a proxy that does this to the requests that `meets` says. */
async function runThrough(
  args: readonly string[],
  meets: (request: Passing) => boolean,
  { fate, times = Infinity }: Pick<Answered, "fate" | "times">,
  files: (name: (stem: string) => string) => Record<string, string>,
): Promise<CliResult & { readonly sent: number }> {
  const grafana = await testGrafana();
  let sent = 0;
  const proxy = await faultyProxy(grafana.url, (request) =>
    meets(request) && ++sent <= times ? fate(request) : "pass",
  );
  onTestFinished(() => proxy.close());
  const project = await testProject(files((stem) => grafana.name(stem)));
  const result = await project.run(args, { ...grafana.variables, GRAFANA_URL: proxy.url });
  const named = (text: string) => text.replaceAll(proxy.url, "URL").replaceAll(grafana.name(""), "");
  return { ...result, stdout: named(result.stdout), stderr: named(result.stderr), sent };
}

const LIST = `GET ${collection("folder")}`;

describe("the list of folders is answered with", () => {
  test.each<Answered>([
    {
      name: "401",
      fate: answer(401, { message: "Invalid API key" }),
      code: 3,
      says: `Grafana doesn't accept these credentials: ${LIST} was answered 401 "Invalid API key"`,
      hint: CREDENTIALS,
    },
    {
      name: "401 by a proxy",
      fate: answer(401, PAGE),
      code: 3,
      says: `Grafana doesn't accept these credentials: ${LIST} was answered 401 "an HTML page"`,
      hint: NOT_GRAFANAS,
    },
    {
      name: "403",
      fate: answer(403, { message: "folders.folder.grafana.app is forbidden" }),
      code: 3,
      says: "These credentials may not read anything that has to be compared: folders:read missing",
      hint: "Give the service account a role (Viewer to plan, Editor or Admin to apply) or these permissions.",
    },
    {
      name: "403 by a proxy",
      fate: answer(403, PAGE),
      code: 3,
      says: `These credentials may not do that: ${LIST} was answered 403 "an HTML page"`,
      hint: NOT_GRAFANAS,
    },
    {
      name: "404 and nothing",
      fate: answer(404),
      code: 1,
      says: `Nothing is served there: ${LIST} was answered 404 without a message`,
      hint: NOT_ITS_WORDS,
    },
    {
      name: "404 and a page",
      fate: answer(404, PAGE),
      code: 1,
      says: `Nothing is served there: ${LIST} was answered 404 "an HTML page"`,
      hint: NOT_ITS_WORDS,
    },
    {
      name: "429 and a Retry-After of two hours",
      fate: answer(429, { message: "quota" }, { "Retry-After": "7200" }),
      code: 1,
      says: `Grafana could not do that now: ${LIST} was answered 429 "quota"`,
      hint: "It asks to come back after 2 hours, which is longer than this command waits.",
    },
    {
      name: "500",
      fate: answer(500, { message: "disk is full" }),
      code: 1,
      says: `Grafana could not do that now: ${LIST} was answered 500 "disk is full"`,
      hint: GOES_ON,
    },
    {
      name: "a page of HTML and 200",
      fate: answer(200, PAGE),
      code: 1,
      says: `URL answers with an HTML page where Grafana's API should be (${LIST})`,
      hint: LOGIN_PAGE,
    },
    {
      name: "nothing and 200",
      fate: answer(200),
      code: 1,
      says: `URL gives an empty answer where Grafana's API should be (${LIST})`,
      hint: CHECK_PATH,
    },
    {
      name: "a list of another shape",
      fate: answer(200, { folders: [] }),
      code: 1,
      says: `${LIST} was answered in a shape that this version doesn't know (metadata: Invalid input: expected object, received undefined)`,
      hint: "Check GRAFANA_URL, and what stands before Grafana: this is not Grafana's answer, or that of a version that is not known here.",
    },
    {
      name: "a redirect to a login page",
      fate: answer(302, "", { Location: "/login?state=s3cret" }),
      code: 1,
      says: `URL redirects ${LIST} to /login`,
      hint: "Use the address it redirects to. A redirect to a login page means that a proxy stands before Grafana.",
    },
  ])("$name: exit $code", async ({ fate, code, says, hint }) => {
    const folders = ({ method, path }: Passing) => method === "GET" && path.startsWith(collection("folder"));
    const result = await runThrough(["plan"], folders, { fate }, () => PROJECT);

    expect(result.stderr).toBe(`Error: ${says}\n${hint}\n`);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: "" });
    expect(result.sent, "a repeat would not have helped").toBeLessThanOrEqual(2);
  });

  test.each<Answered>([
    {
      name: "502, every time",
      fate: answer(502, PAGE),
      code: 1,
      says: `Waiting 4 seconds, as ${LIST} was answered 502.\nError: Grafana could not do that now: ${LIST} was answered 502 "an HTML page"\n${GOES_ON}\n`,
    },
    {
      name: "half of the list, every time",
      fate: () => ({ cut: 20, framed: true }),
      code: 1,
      says: `Waiting 4 seconds, as ${LIST} failed: the answer was cut short (ERR_BAD_RESPONSE).\nError: The connection to URL failed during ${LIST}: the answer was cut short (ERR_BAD_RESPONSE)\n${GOES_ON}\n`,
    },
    {
      name: "429 once, and a Retry-After of 3 seconds",
      fate: answer(429, { message: "quota" }, { "Retry-After": "3" }),
      times: 1,
      code: 0,
      says: `Waiting 4 seconds, as the answer 429 to ${LIST} asks.\n`,
    },
    { name: "503 twice", fate: answer(503, { message: "upgrading" }), times: 2, code: 0, says: "" },
    { name: "a reset once", fate: () => "reset", times: 1, code: 0, says: "" },
  ])("$name: exit $code", async ({ fate, times, code, says }) => {
    const folders = ({ method, path }: Passing) => method === "GET" && path.startsWith(collection("folder"));
    const meets = { fate, ...(times === undefined ? {} : { times }) };
    const result = await runThrough(["plan"], folders, meets, () => PROJECT);

    expect(result.stderr).toBe(says);
    expect(result.code).toBe(code);
  });
});

const CREATE = `POST ${collection("dashboard")}`;

describe("the creation of a dashboard is answered with", () => {
  test.each<Answered>([
    {
      name: "401",
      fate: answer(401, { message: "Invalid API key" }),
      code: 3,
      says: `Grafana doesn't accept these credentials: ${CREATE} was answered 401 "Invalid API key"`,
      hint: CREDENTIALS,
    },
    {
      name: "403",
      fate: answer(403, { message: "dashboards.dashboard.grafana.app is forbidden" }),
      code: 3,
      says: `These credentials may not do that: ${CREATE} was answered 403 "dashboards.dashboard.grafana.app is forbidden"; it needs dashboards:create on folders:uid:general`,
      hint: "Give the service account this permission, or a role that has it.",
    },
    {
      name: "404 and nothing",
      fate: answer(404),
      code: 1,
      says: `Nothing is served there: ${CREATE} was answered 404 without a message`,
      hint: NOT_ITS_WORDS,
    },
    {
      name: "409, every time",
      fate: answer(409, { message: "already exists" }),
      code: 7,
      says: `It was changed or created by somebody else meanwhile: ${CREATE} was answered 409 "already exists"`,
      hint: "Run `plan` again to see how it looks now.",
    },
    {
      name: "412, every time",
      fate: answer(412, { message: "version-mismatch" }),
      code: 7,
      says: `It was changed or created by somebody else meanwhile: ${CREATE} was answered 412 "version-mismatch"`,
      hint: "Run `plan` again to see how it looks now.",
    },
    {
      name: "413",
      fate: answer(413, PAGE),
      code: 1,
      says: `The body is too large for Grafana (16 MiB) or for a proxy before it: ${CREATE} was answered 413 "an HTML page"`,
      hint: TOO_LARGE,
    },
    {
      name: "429 and a Retry-After of a day",
      fate: answer(429, { message: "quota" }, { "Retry-After": "86400" }),
      code: 1,
      says: `Grafana could not do that now: ${CREATE} was answered 429 "quota"`,
      hint: "It asks to come back after 24 hours, which is longer than this command waits.",
    },
    {
      name: "500, every time",
      fate: answer(500, { message: "disk is full" }),
      code: 1,
      says: `Grafana could not do that now: ${CREATE} was answered 500 "disk is full"`,
      hint: GOES_ON,
    },
    {
      name: "a page of HTML and 200, every time",
      fate: answer(200, PAGE),
      code: 1,
      says: `URL answers with an HTML page where Grafana's API should be (${CREATE})`,
      hint: LOGIN_PAGE,
    },
    {
      name: "a reset before it was carried out, every time",
      fate: () => "reset",
      code: 1,
      says: `The connection to URL failed during ${CREATE}: the connection was reset (ECONNRESET)`,
      hint: GOES_ON,
    },
  ])("$name: exit $code", async ({ fate, code, says, hint }) => {
    const result = await runThrough(["apply"], isCreation, { fate }, oneDashboard);

    expect(result.stdout.split("\n").slice(-7)).toEqual([
      `  ✗ dashboard/d: ${says}`,
      `      ${hint}`,
      "Applied: 0 added, 0 changed, 0 destroyed, 1 failed.",
      "Run the command again to go on: what is done stays done.",
      "Next:",
      "  grafana-provision apply",
      "",
    ]);
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code, stderr: "" });
  });

  test.each<Answered & { readonly sends: number }>([
    { name: "502, after it was carried out", fate: carriedOut(answer(502, PAGE)), code: 0, says: "", sends: 1 },
    { name: "a reset, after it was carried out", fate: carriedOut(() => "reset"), code: 0, says: "", sends: 1 },
    { name: "a cut answer", fate: () => ({ cut: 10, framed: true }), code: 0, says: "", sends: 1 },
    { name: "503 twice", fate: answer(503), times: 2, code: 0, says: "", sends: 3 },
    {
      name: "503 once, and a Retry-After of 3 seconds",
      fate: answer(503, "", { "Retry-After": "3" }),
      times: 1,
      code: 0,
      says: `Waiting 3 seconds before ${CREATE} is sent again, as Grafana asks.\n`,
      sends: 2,
    },
    {
      name: "a stall of 30 seconds, before it was carried out",
      fate: () => "stall",
      times: 1,
      code: 0,
      says: "",
      sends: 2,
    },
  ])("$name: exit $code, and it is there once", { timeout: 120_000 }, async ({ fate, times, code, says, sends }) => {
    const meets = { fate, ...(times === undefined ? {} : { times }) };
    const result = await runThrough(["apply"], isCreation, meets, oneDashboard);

    expect(result.stdout).toContain("Applied: 1 added, 0 changed, 0 destroyed.\n");
    expect({ code: result.code, stderr: result.stderr, sent: result.sent }).toEqual({
      code,
      stderr: says,
      sent: sends,
    });
  });
});

function isCreation({ method, path }: Passing): boolean {
  return method === "POST" && path.startsWith(collection("dashboard")) && !path.includes("dryRun");
}

function oneDashboard(name: (stem: string) => string): Record<string, string> {
  return {
    "grafana.config.ts": `export default { project: "${name("own")}", resources: ["./resources"] };`,
    "resources/a.ts": api(`export const d = dashboard({ uid: "${name("d")}", spec: { title: "D" } });`),
  };
}

function carriedOut(fate: () => Fate): Answered["fate"] {
  return async (request) => {
    await request.forward();
    return fate();
  };
}
