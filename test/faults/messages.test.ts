import { describe, expect, test } from "vitest";
import { api } from "../cli/support.ts";
import { collection } from "../engine/support.ts";
import type { Fate, Passing } from "../helpers/faulty-proxy.ts";
import { KUBERNETES } from "../helpers/mode.ts";
import { ReportSchema, type Report } from "../../src/report/json.ts";
import type { ErrorCode } from "../../src/util/error-codes.ts";
import { isCreation, oneDashboard, runThrough, type Fault } from "./through.ts";

// What the user gets for each fault of a Grafana: exit code, error code, and the values in the message and the hint.

const PAGE = "<!DOCTYPE html><html><title>Sign in</title></html>";

const PROJECT = { "resources/a.ts": api('export const a = folder({ uid: "a", title: "A" });') };

const answer =
  (status: number, body: unknown = "", headers: Record<string, string> = {}) =>
  (): Fate => ({ status, headers, body: typeof body === "string" ? body : JSON.stringify(body) });

interface Answered extends Fault {
  readonly name: string;
  readonly exit: number;
  readonly error?: ErrorCode;
  /** Texts in the message or the hint, or on standard error. */
  readonly names: readonly string[];
}

const LIST = `GET ${collection("folder")}`;
const OTHER_SHAPE = KUBERNETES
  ? "metadata: Invalid input: expected object, received undefined"
  : "Invalid input: expected array, received object";

describe("a response to the list of folders:", () => {
  test.each<Answered>([
    {
      name: "401",
      fate: answer(401, { message: "Invalid API key" }),
      exit: 3,
      error: "grafana-credentials-rejected",
      names: [`${LIST} returned 401 "Invalid API key"`, "GRAFANA_TOKEN"],
    },
    {
      name: "401 from a proxy",
      fate: answer(401, PAGE),
      exit: 3,
      error: "grafana-credentials-rejected",
      names: [`${LIST} returned 401`, "HTML page", "GRAFANA_HTTP_HEADERS"],
    },
    {
      name: "403",
      fate: answer(403, { message: "folders.folder.grafana.app is forbidden" }),
      exit: 3,
      error: "grafana-permission-missing",
      names: ["folders:read"],
    },
    {
      name: "403 from a proxy",
      fate: answer(403, PAGE),
      exit: 3,
      error: "grafana-response-invalid",
      names: [`${LIST} returned 403`, "HTML page", "GRAFANA_HTTP_HEADERS"],
    },
    {
      name: "404 without a body",
      fate: answer(404),
      exit: 1,
      error: "grafana-path-missing",
      names: [`${LIST} returned 404 without a message`, "GRAFANA_URL"],
    },
    {
      name: "404 with an HTML page",
      fate: answer(404, PAGE),
      exit: 1,
      error: "grafana-path-missing",
      names: [`${LIST} returned 404`, "HTML page", "GRAFANA_URL"],
    },
    {
      name: "429 with a Retry-After of two hours",
      fate: answer(429, { message: "quota" }, { "Retry-After": "7200" }),
      exit: 1,
      error: "grafana-unavailable",
      names: [`${LIST} returned 429 "quota"`, "2 hours"],
    },
    {
      name: "500",
      fate: answer(500, { message: "disk is full" }),
      exit: 1,
      error: "grafana-unavailable",
      names: [`${LIST} returned 500 "disk is full"`],
    },
    {
      name: "200 with an HTML page",
      fate: answer(200, PAGE),
      exit: 1,
      error: "grafana-response-invalid",
      names: ["HTML page", LIST, "GRAFANA_URL", "GRAFANA_HTTP_HEADERS"],
    },
    {
      name: "200 without a body",
      fate: answer(200),
      exit: 1,
      error: "grafana-response-invalid",
      names: [LIST, "GRAFANA_URL"],
    },
    {
      name: "a list of another shape",
      fate: answer(200, { folders: [] }),
      exit: 1,
      error: "grafana-response-invalid",
      names: [LIST, OTHER_SHAPE, "GRAFANA_URL"],
    },
    {
      name: "a redirect to a login page",
      fate: answer(302, "", { Location: "/login?state=s3cret" }),
      exit: 1,
      error: "grafana-url-redirected",
      names: [LIST, "to /login", "GRAFANA_URL"],
    },
  ])("$name: exit $exit, $error", async ({ fate, exit, error, names }) => {
    const folders = ({ method, path }: Passing) => method === "GET" && path.startsWith(collection("folder"));
    const { code, stdout, sent } = await runThrough(["plan", "-o", "json"], folders, { fate }, () => PROJECT);

    expect(shownError(ReportSchema.parse(JSON.parse(stdout)).error, names)).toEqual({ code: error, names });
    expect(code).toBe(exit);
    expect(stdout).not.toContain("s3cret");
    expect(sent, "a retry would not help").toBeLessThanOrEqual(2);
  });

  test.each<Answered>([
    {
      name: "502, every time",
      fate: answer(502, PAGE),
      exit: 1,
      names: ["Waiting 4 seconds", `${LIST} returned 502.`, `${LIST} returned 502 "an HTML page"`],
    },
    {
      name: "half of the list, every time",
      fate: () => ({ cut: 20, framed: true }),
      exit: 1,
      names: ["Waiting 4 seconds", `${LIST} failed`, "(ERR_BAD_RESPONSE)"],
    },
    {
      name: "429 once, with a Retry-After of 3 seconds",
      fate: answer(429, { message: "quota" }, { "Retry-After": "3" }),
      times: 1,
      exit: 0,
      names: ["Waiting 4 seconds", `${LIST} returned 429 with Retry-After`],
    },
    { name: "503 twice", fate: answer(503, { message: "upgrading" }), times: 2, exit: 0, names: [] },
    { name: "a reset once", fate: () => "reset", times: 1, exit: 0, names: [] },
  ])("$name: exit $exit", async ({ fate, times, exit, names }) => {
    const folders = ({ method, path }: Passing) => method === "GET" && path.startsWith(collection("folder"));
    const meets = { fate, ...(times === undefined ? {} : { times }) };
    const { code, stderr } = await runThrough(["plan"], folders, meets, () => PROJECT);

    expect(names.filter((name) => stderr.includes(name))).toEqual(names);
    expect({ code, isSilent: stderr === "" }).toEqual({ code: exit, isSilent: names.length === 0 });
  });
});

const CREATE = `POST ${collection("dashboard")}`;

describe("a response to the creation of a dashboard:", () => {
  test.each<Answered>([
    {
      name: "401",
      fate: answer(401, { message: "Invalid API key" }),
      exit: 3,
      error: "grafana-credentials-rejected",
      names: [`${CREATE} returned 401 "Invalid API key"`, "GRAFANA_TOKEN"],
    },
    {
      name: "403",
      fate: answer(403, { message: "dashboards.dashboard.grafana.app is forbidden" }),
      exit: 3,
      error: "grafana-permission-missing",
      names: [
        `${CREATE} returned 403 "dashboards.dashboard.grafana.app is forbidden"`,
        "dashboards:create on folders:uid:general",
      ],
    },
    {
      name: "404 without a body",
      fate: answer(404),
      exit: 1,
      error: "grafana-path-missing",
      names: [`${CREATE} returned 404 without a message`, "GRAFANA_URL"],
    },
    {
      name: "409, every time",
      fate: answer(409, { message: "already exists" }),
      exit: 7,
      error: "grafana-object-conflict",
      names: [`${CREATE} returned 409 "already exists"`, "`npx grafana-provision plan`"],
    },
    {
      name: "412, every time",
      fate: answer(412, { message: "version-mismatch" }),
      exit: 7,
      error: "grafana-object-conflict",
      names: [`${CREATE} returned 412 "version-mismatch"`, "`npx grafana-provision plan`"],
    },
    {
      name: "413",
      fate: answer(413, PAGE),
      exit: 1,
      error: "grafana-request-too-large",
      names: ["16 MiB", `${CREATE} returned 413`, "client_max_body_size"],
    },
    {
      name: "429 with a Retry-After of a day",
      fate: answer(429, { message: "quota" }, { "Retry-After": "86400" }),
      exit: 1,
      error: "grafana-unavailable",
      names: [`${CREATE} returned 429 "quota"`, "24 hours"],
    },
    {
      name: "500, every time",
      fate: answer(500, { message: "disk is full" }),
      exit: 1,
      error: "grafana-unavailable",
      names: [`${CREATE} returned 500 "disk is full"`],
    },
    {
      name: "200 with an HTML page, every time",
      fate: answer(200, PAGE),
      exit: 1,
      error: "grafana-response-invalid",
      names: ["HTML page", CREATE, "GRAFANA_URL", "GRAFANA_HTTP_HEADERS"],
    },
    {
      name: "a reset before the write, every time",
      fate: () => "reset",
      exit: 1,
      error: "grafana-unavailable",
      names: [CREATE, "(ECONNRESET)"],
    },
  ])("$name: exit $exit, $error", async ({ fate, exit, error, names }) => {
    const { code, stdout } = await runThrough(["apply", "-o", "json"], isCreation, { fate }, oneDashboard);

    const { changes, summary, next } = ReportSchema.parse(JSON.parse(stdout));
    const [outcome] = (changes ?? []).map((change) => change.outcome);
    expect(shownError(outcome?.error, names)).toEqual({ code: error, names });
    expect({ code, done: summary?.done, failed: summary?.failed }).toEqual({ code: exit, done: 0, failed: 1 });
    expect(next).toEqual([expect.stringContaining("grafana-provision apply")]);
  });

  test.each<Answered & { readonly sends: number }>([
    { name: "502 after the write", fate: carriedOut(answer(502, PAGE)), exit: 0, names: [], sends: 1 },
    { name: "a reset after the write", fate: carriedOut(() => "reset"), exit: 0, names: [], sends: 1 },
    { name: "a truncated response", fate: () => ({ cut: 10, framed: true }), exit: 0, names: [], sends: 1 },
    { name: "503 twice", fate: answer(503), times: 2, exit: 0, names: [], sends: 3 },
    {
      name: "503 once, with a Retry-After of 3 seconds",
      fate: answer(503, "", { "Retry-After": "3" }),
      times: 1,
      exit: 0,
      names: ["Waiting 3 seconds", CREATE],
      sends: 2,
    },
  ])("$name: exit $exit, and the object exists once", async ({ fate, times, exit, names, sends }) => {
    const meets = { fate, ...(times === undefined ? {} : { times }) };
    const { code, stdout, stderr, sent } = await runThrough(["apply"], isCreation, meets, oneDashboard);

    expect(stdout).toContain("Applied: 1 added, 0 changed, 0 destroyed.\n");
    expect(names.filter((name) => stderr.includes(name))).toEqual(names);
    expect({ code, sent, isSilent: stderr === "" }).toEqual({ code: exit, sent: sends, isSilent: names.length === 0 });
  });
});

/** The code of a reported error, and which of these texts its message and its hint contain. */
function shownError(error: Report["error"], names: readonly string[]) {
  const text = `${error?.message}\n${error?.hint}`;
  return { code: error?.code, names: names.filter((name) => text.includes(name)) };
}

function carriedOut(fate: () => Fate): Answered["fate"] {
  return async (request) => {
    await request.forward();
    return fate();
  };
}
