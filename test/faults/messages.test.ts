import { describe, expect, onTestFinished, test } from "vitest";
import { api } from "../cli/support.ts";
import { collection } from "../engine/support.ts";
import { testProject, type CliResult } from "../helpers/cli.ts";
import { faultyProxy, type Fate, type Passing } from "../helpers/faulty-proxy.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, remarks } from "../helpers/mode.ts";

// What a person reads and gets from a Grafana, fault by fault: each row is a line of the manual.

const PAGE = "<!DOCTYPE html><html><title>Sign in</title></html>";

const CHECK_PATH = "Check GRAFANA_URL, with its sub-path if it has one, and the proxy before it.";
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
  return { ...result, stdout: named(result.stdout), stderr: named(remarks(result)), sent };
}

const LIST = `GET ${collection("folder")}`;
const OTHER_SHAPE = KUBERNETES
  ? "metadata: Invalid input: expected object, received undefined"
  : "Invalid input: expected array, received object";

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
      says: `${LIST} was answered in a shape that this version doesn't know (${OTHER_SHAPE})`,
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
      says: `Another user or run changed or created it: ${CREATE} was answered 409 "already exists"`,
      hint: "Run `plan` again to see how it looks now.",
    },
    {
      name: "412, every time",
      fate: answer(412, { message: "version-mismatch" }),
      code: 7,
      says: `Another user or run changed or created it: ${CREATE} was answered 412 "version-mismatch"`,
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
  ])("$name: exit $code, and the object exists once", async ({ fate, times, code, says, sends }) => {
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
