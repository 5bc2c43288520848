import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { CHECKS, diagnose, PURPOSE, RECORDED, type Diagnosis } from "../../src/doctor/doctor.ts";
import { createClient, type Request } from "../../src/grafana/client.ts";
import { connect, type GrafanaConnection } from "../../src/grafana/connection.ts";
import { editionIn, featuresOf } from "../../src/grafana/edition.ts";
import { Forbidden, GrafanaError, NotFound, Unreachable } from "../../src/grafana/errors.ts";
import { REVIEW } from "../../src/ownership/annotations.ts";
import { makeTemporaryFolder, RULE_GROUP } from "../../src/review/screenshots/temporary-folder.ts";
import { doctorText } from "../../src/report/doctor.ts";
import { DoctorSchema } from "../../src/report/doctor-json.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { testProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { sandbox } from "../sandbox/support.ts";

type Send = (request: Request) => Promise<unknown>;

/** A part of Grafana that answers differently. */
type Twist = (request: Request, send: Send) => Promise<unknown>;

interface Read {
  spec: JsonObject & { panels: JsonObject[]; elements: JsonObject; layout: { kind: string } };
  metadata: { name: string; generation: number; annotations: Record<string, string> };
  status: { conversion?: { storedVersion: string } };
  items: JsonObject[];
  groups: { name: string; versions: { version: string }[] }[];
}

const OWN = "grafana-provision-doctor";
const EXIT_OPTIONS = { exitCode: 1 } as const;

/** Changes the responses to some requests. */
function answering(isMeant: (request: Request) => boolean, change: (body: Read) => void): Twist {
  return async (request, send) => {
    const body = structuredClone(await send(request)) as Read;
    if (isMeant(request)) change(body);
    return body;
  };
}

/** Changes some requests. */
function asking(isMeant: (request: Request) => boolean, change: (request: Request) => Request): Twist {
  return async (request, send) => send(isMeant(request) ? change(request) : request);
}

/** Accepts requests that Grafana rejects. */
function accepting(isMeant: (request: Request) => boolean): Twist {
  return async (request, send) =>
    send(request).catch((error: unknown) => {
      if (isMeant(request)) return {};
      throw error;
    });
}

const reads =
  (version: string) =>
  ({ method, path }: Request): boolean =>
    method === "GET" && new RegExp(`/dashboard.grafana.app/${version}/.*/dashboards/`).test(path);
const writes =
  (method: string, version: string, query = "") =>
  ({ method: own, path }: Request): boolean =>
    own === method && path.includes(`/dashboard.grafana.app/${version}/`) && path.includes(query);
const histories =
  (version: string) =>
  ({ path }: Request): boolean =>
    path.includes(`/${version}/`) && path.includes("get-history");
const withoutDryRun = (request: Request): Request => ({ ...request, path: request.path.replace("&dryRun=All", "") });
const bodyOf = ({ body }: Request): JsonObject & { metadata: JsonObject; spec: JsonObject } => body as never;

/** Remembers the names in some writes, and changes the reads of these dashboards. */
function remembering(isMeant: (request: Request) => boolean, version: string, change: (body: Read) => void): Twist {
  const names = new Set<unknown>();
  return async (request, send) => {
    if (isMeant(request)) names.add(bodyOf(request).metadata["name"]);
    const isRead = reads(version)(request) && [...names].some((name) => request.path.endsWith(`/${String(name)}`));
    return answering(() => isRead, change)(request, send);
  };
}

const withoutVersion = (group: string, version: string): Twist =>
  answering(
    ({ path }) => path === "/apis",
    ({ groups }) => {
      const found = groups.find(({ name }) => name === group);
      if (found) found.versions = found.versions.filter((one) => one.version !== version);
    },
  );

/** For each check, a Grafana that differs only there. */
const TWISTS: Readonly<Record<string, Twist>> = {
  "dashboard-versions": withoutVersion("dashboard.grafana.app", "v0alpha1"),
  "folder-versions": withoutVersion("folder.grafana.app", "v1beta1"),
  annotations: answering(reads("v1beta1"), ({ metadata }) => delete metadata.annotations[OWN]),
  "dry-run-create": asking(writes("POST", "v1beta1", "dryRun"), withoutDryRun),
  "dry-run-update": asking(writes("PUT", "v1beta1", "dryRun"), withoutDryRun),
  generation: answering(writes("PATCH", "v1beta1"), ({ metadata }) => (metadata.generation -= 1)),
  "update-conflict": asking(writes("PUT", "v1beta1"), (request) => {
    const { resourceVersion: _, ...metadata } = bodyOf(request).metadata;
    return { ...request, body: { ...bodyOf(request), metadata } };
  }),
  "create-conflict": accepting(writes("POST", "v1beta1")),
  "delete-conflict": asking(writes("DELETE", "v1beta1"), ({ body: _, ...request }) => request),
  defaults: answering(reads("v1beta1"), ({ spec }) => delete spec["timepicker"]),
  "unknown-properties": answering(reads("v1beta1"), ({ spec }) => {
    for (const panel of spec.panels) delete panel[OWN];
  }),
  "panel-ids": answering(reads("v1beta1"), ({ spec: { panels } }) => {
    if (panels.length === 3 && panels[0]) panels[0]["id"] = 1;
  }),
  "metadata-list": asking(
    ({ headers }) => headers?.["Accept"]?.includes("PartialObjectMetadataList") === true,
    ({ headers: _, ...request }) => request,
  ),
  history: answering(histories("v1beta1"), (list) => (list.items = list.items.toReversed())),
  "v2-stored": answering(reads("v2beta1"), ({ spec }) => (spec["description"] = "Default")),
  "v2-unknown-properties": remembering(
    (request) => writes("POST", "v2beta1")(request) && bodyOf(request).spec["unknown"] !== undefined,
    "v2beta1",
    ({ spec }) => (spec["unknown"] = "a"),
  ),
  "v2-dry-run": asking(writes("PUT", "v2beta1", "dryRun"), withoutDryRun),
  "v2-generation": answering(writes("PUT", "v2beta1"), ({ metadata }) => (metadata.generation = 1)),
  "stored-version": answering(reads("v2beta1"), (body) => (body.status = {})),
  "stored-version-after-classic": answering(reads("v0alpha1"), ({ status }) => {
    if (status.conversion) status.conversion.storedVersion = "v2beta1";
  }),
  "v2-to-classic": answering(reads("v1beta1"), ({ spec: { panels } }) => {
    if (panels.length === 5) panels.pop();
  }),
  "classic-to-v2": answering(reads("v2beta1"), ({ spec }) => {
    if (spec.layout.kind === "GridLayout") spec.elements = { other: spec.elements["panel-1"] ?? {} };
  }),
  "classic-over-v2": remembering(writes("POST", "v2beta1"), "v2beta1", ({ spec: { layout } }) => {
    if (layout.kind === "GridLayout") layout.kind = "RowsLayout";
  }),
  "v2-history": answering(histories("v2beta1"), (list) => (list.items = list.items.toReversed())),
  provenance: asking(
    ({ headers }) => headers?.["X-Disable-Provenance"] !== undefined,
    ({ headers: _, ...request }) => request,
  ),
  "rule-group-without-rules": async (request, send) => {
    const { body, path } = request;
    const isEmpty = path.includes("/rule-groups/") && (body as { rules?: unknown[] } | undefined)?.rules?.length === 0;
    return isEmpty ? send({ method: "DELETE", path }) : send(request);
  },
  "folder-conflict": accepting(({ method, path }) => method === "POST" && path.endsWith("/folders")),
  "folder-not-empty": async (request, send) => {
    const isMeant = request.method === "DELETE" && request.path.includes("/folders/");
    return isMeant ? {} : send(request);
  },
};

/** Without these versions, other checks can't run. */
const ALONE = ["dashboard-versions", "folder-versions"];

const unchanged: Twist = async (request, send) => send(request);

interface Stage {
  readonly grafana: TestGrafana;
  readonly connection: GrafanaConnection;
  readonly owner: string;
  readonly diagnosed: (twist?: Twist, signal?: AbortSignal, onCheck?: () => void) => Promise<Diagnosis>;
  /** The names of temporary folders and dashboards. */
  readonly left: () => Promise<string[]>;
}

async function stage(): Promise<Stage> {
  const grafana = await testGrafana();
  const owner = grafana.name("own");
  const { grafana: connection } = await grafana.context(owner);
  const { client } = connection;
  return {
    grafana,
    connection,
    owner,
    async diagnosed(twist = unchanged, signal = new AbortController().signal, onCheck) {
      const twisted = { ...client, send: (request: Request) => twist(request, (one) => client.send(one)) };
      const more = onCheck ? { onCheck } : {};
      return diagnose({ grafana: { ...connection, client: twisted }, owner, who: "me", signal, ...more });
    },
    async left() {
      const all = await Promise.all(
        [connection.folders, connection.dashboards].map((one) => one.list({ metadataOnly: true })),
      );
      const mark = `"owner":"${owner}"`;
      const isOurs = (annotations: Record<string, string> | null | undefined) =>
        annotations?.["grafana-provision/review"]?.includes(mark) === true;
      return all.flat().flatMap(({ metadata }) => (isOurs(metadata.annotations) ? [metadata.name] : []));
    },
  };
}

const namesIn = ({ results }: Diagnosis, state: string): string[] =>
  results.filter((one) => one.state === state).map(({ name }) => name);

describe.runIf(MARKS)("doctor", () => {
  test("finds no difference on a Grafana as recorded, changes no other object and leaves nothing", async () => {
    const { grafana, diagnosed, left } = await stage();
    const other = grafana.name("other");
    const path = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards";
    const body = {
      apiVersion: "dashboard.grafana.app/v1beta1",
      kind: "Dashboard",
      metadata: { name: other },
      spec: { title: "Other", schemaVersion: 42 },
    };
    await grafana.other.send({ method: "POST", path, body });
    const before = await grafana.other.send({ method: "GET", path: `${path}/${other}` });

    const { results, notes } = await diagnosed();

    expect(results.filter(({ state }) => state !== "same")).toEqual([]);
    expect(results.map(({ name }) => name)).toEqual(CHECKS.map(({ name }) => name));
    expect(notes).toEqual([]);
    expect(await left()).toEqual([]);
    expect(await grafana.other.send({ method: "GET", path: `${path}/${other}` })).toEqual(before);
  });

  test("each check has a Grafana that differs only there", () => {
    expect(Object.keys(TWISTS)).toEqual(CHECKS.map(({ name }) => name));
  });

  // Each check is in another combination of groups, so that a check that reacts to the difference of another one is found.
  test.each([0, 1, 2, 3, 4])(
    "names exactly the checks whose answers differ, and leaves nothing (group %i)",
    async (bit) => {
      const group = Object.entries(TWISTS).filter(
        ([name], index) => !ALONE.includes(name) && ((index + 1) >> bit) % 2 === 1,
      );
      const { diagnosed, left } = await stage();
      const all = group.reduce<Twist>(
        (before, [, twist]) =>
          (request, send) =>
            twist(request, (one) => before(one, send)),
        unchanged,
      );
      expect(namesIn(await diagnosed(all), "different")).toEqual(group.map(([name]) => name));
      expect(await left()).toEqual([]);
    },
  );

  test.each(ALONE)("names exactly the check %s, and leaves nothing", async (name) => {
    const { diagnosed, left } = await stage();
    expect(namesIn(await diagnosed(TWISTS[name]), "different")).toEqual([name]);
    expect(await left()).toEqual([]);
  });

  test("lists checks of a version that is not served, or that lack a permission, as unchecked", async () => {
    const { diagnosed, left } = await stage();
    const noV2 = await diagnosed(withoutVersion("dashboard.grafana.app", "v2beta1"));
    expect(namesIn(noV2, "different")).toEqual(["dashboard-versions"]);
    expect(namesIn(noV2, "unchecked")).toHaveLength(CHECKS.filter(({ name }) => /v2|stored-version/.test(name)).length);

    const forbidden = await diagnosed(async (request, send) => {
      if (request.path.includes("/rule-groups/")) throw new Forbidden("No permission", EXIT_OPTIONS);
      return send(request);
    });
    expect(namesIn(forbidden, "different")).toEqual([]);
    expect(namesIn(forbidden, "unchecked")).toEqual(["provenance", "rule-group-without-rules"]);
    expect(await left()).toEqual([]);
  });

  test("deletes everything after an interrupt, and after a lost connection", async () => {
    const { diagnosed, left } = await stage();
    const interrupt = new AbortController();
    let count = 0;
    const stopped = diagnosed(undefined, interrupt.signal, () => {
      if (++count === 12) interrupt.abort(new Error("interrupted"));
    });
    await expect(stopped).rejects.toThrow("interrupted");
    expect(count).toBe(12);
    expect(await left()).toEqual([]);

    let sent = 0;
    const lost = diagnosed(async (request, send) => {
      if (++sent === 30) throw new Unreachable("lost", EXIT_OPTIONS);
      return send(request);
    });
    await expect(lost).rejects.toThrow("lost");
    expect(await left()).toEqual([]);
  });

  test("the next run deletes the folder of a killed run, with its dashboards and its alert rule", async () => {
    const { grafana, connection, owner, diagnosed, left } = await stage();
    const killed = await makeTemporaryFolder(connection, { owner, who: "me", purpose: PURPOSE });
    await killed.put({ title: "Check", schemaVersion: 42, panels: [] });
    const path = `/api/v1/provisioning/folder/${killed.uid}/rule-groups/${RULE_GROUP}`;
    const model = { type: "math", expression: "0", refId: "A" };
    const data = [{ refId: "A", relativeTimeRange: { from: 0, to: 0 }, datasourceUid: "__expr__", model }];
    const about = { uid: `${killed.uid}-r`, title: "A", folderUID: killed.uid, ruleGroup: RULE_GROUP, condition: "A" };
    const rule = { ...about, for: "1h", isPaused: true, noDataState: "OK", execErrState: "OK", data };
    const body = { title: RULE_GROUP, folderUid: killed.uid, interval: 60, rules: [rule] };
    await grafana.other.send({ method: "PUT", path, body });
    // As if the process had ended.
    const folder = await connection.folders.find(killed.uid);
    const mark = {
      ...JSON.parse(folder?.metadata.annotations?.[REVIEW] ?? "{}"),
      pid: 999_999_999,
      started: "0",
    } as object;
    await connection.folders.annotate?.(killed.uid, { [REVIEW]: JSON.stringify(mark) });

    const { notes } = await diagnosed();
    // Ends its heartbeat.
    const ofKilled = await killed.remove();

    expect([notes, ofKilled]).toEqual([[], []]);
    expect(await left()).toEqual([]);
  });

  test("deletes a dashboard that lost its annotations", async () => {
    const { grafana, diagnosed } = await stage();
    const names: string[] = [];
    await diagnosed(async (request, send) => {
      if (!writes("PUT", "v1beta1")(request)) return send(request);
      const { metadata } = bodyOf(request);
      names.push(metadata["name"] as string);
      return send({ ...request, body: { ...bodyOf(request), metadata: { name: metadata["name"] } } });
    });
    const path = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards";
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      await expect(grafana.other.send({ method: "GET", path: `${path}/${name}` })).rejects.toBeInstanceOf(NotFound);
    }
  });

  test("needs confirmation, and works outside of a project", async () => {
    const { grafana, left } = await stage();
    const project = await testProject();
    await project.remove("grafana.config.ts");

    const refused = await project.run(["doctor"], grafana.variables);
    expect([refused.code, refused.stdout]).toEqual([64, ""]);
    const { code, stdout } = await project.run(["doctor", "--yes", "-o", "json"], grafana.variables);

    const { checks = [], ...report } = DoctorSchema.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ command: "doctor", exitCode: 0, recorded: RECORDED, notes: [] });
    expect(checks.map(({ state }) => state)).toEqual(CHECKS.map(() => "same"));
    expect(code).toBe(0);
    expect(await left()).toEqual([]);

    const missing = { state: "missing" } as const;
    expect(report).toMatchObject({
      edition: "Open Source",
      features: [
        { name: "custom-roles", ...missing },
        { name: "datasource-permissions", ...missing },
        { name: "team-sync", ...missing },
      ],
    });
    const text = await project.run(["doctor", "--yes"], grafana.variables);
    expect(text.stdout).toContain("custom roles");
  });
});

test("a Grafana on legacy storage can't be checked", async () => {
  const { url, user, password } = await sandbox(undefined, "legacy-storage");
  const client = await createClient({ url, credentials: { type: "basic", user, password } });
  const grafana = await connect(client, "own");
  const signal = new AbortController().signal;
  const error: unknown = await diagnose({ grafana, owner: "own", who: "me", signal }).catch(
    (thrown: unknown) => thrown,
  );
  client.close();
  expect(error).toBeInstanceOf(GrafanaError);
  expect(error).toMatchObject({ exitCode: 6 });
});

test("the table shows what was recorded and what was found only where they differ", () => {
  const check = { name: "a", title: "first check", recorded: "409" };
  const results = [
    { ...check, state: "same", found: "409" },
    { ...check, title: "second check", recorded: "412", state: "different", found: "accepted" },
  ] as const;
  const output = { stream: process.stdout, color: false };
  const lines = doctorText({ results, notes: [], version: "13.0.0", recorded: "12.4.0" }, output).split("\n");
  expect(lines.slice(1, 3).map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ["first check", "same"],
    ["second check", "different", "412", "accepted"],
  ]);
});

test("the features of an edition are those of its license", () => {
  const settings = (edition: string, enabledFeatures: object) => ({
    buildInfo: { edition },
    licenseInfo: { edition, enabledFeatures },
  });
  const statesIn = (answer: unknown) => {
    const edition = editionIn(answer);
    return edition && Object.fromEntries(featuresOf(edition).map(({ name, state }) => [name, state]));
  };
  expect(statesIn(settings("Open Source", {}))).toEqual({
    "custom-roles": "missing",
    "datasource-permissions": "missing",
    "team-sync": "missing",
  });
  expect(statesIn(settings("Enterprise", { accesscontrol: true, teamsync: true, reports: true }))).toEqual({
    "custom-roles": "available",
    "datasource-permissions": "unlicensed",
    "team-sync": "available",
  });
  expect(statesIn({ buildInfo: {} })).toBeUndefined();
});

test("the output matches the published JSON Schema", async () => {
  const published: unknown = JSON.parse(
    await readFile(new URL("../../schema/doctor.v1.json", import.meta.url), "utf8"),
  );
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(DoctorSchema))));
});
