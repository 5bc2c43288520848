import { readFile } from "node:fs/promises";
import { onTestFinished } from "vitest";
import { USER_AGENT } from "../../src/grafana/managers.ts";
import type { JsonObject } from "../../src/util/json.ts";
import {
  alert,
  groupPath,
  POINTS,
  POLICIES,
  TEMPLATES,
  theirGroup,
  theirPoint,
  theirTemplate,
  theirTiming,
  theirTree,
  TIMINGS,
} from "../alerting/support.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { edit, editDatasource, keepDefault, objectPath, stored } from "./support.ts";

/** The requests of a released version to an empty Grafana. */
export interface RecordedState {
  readonly revision: string;
  readonly form: number;
  readonly project: string;
  readonly code: readonly Declared[];
  readonly requests: readonly { readonly method: string; readonly path: string; readonly body?: unknown }[];
}

/** A resource as JSON. */
export type Declared = { readonly kind: string } & Readonly<Record<string, unknown>>;

export const FORMS = [1, 2] as const;
const RECORD = "grafana-provision/ledger";
const MARK = "grafana-provision/applied";

async function recorded(form: number): Promise<RecordedState> {
  const file = new URL(`../fixtures/states/form-${form}.json`, import.meta.url);
  return JSON.parse(await readFile(file, "utf8")) as RecordedState;
}

/** A Grafana in the state that the version left. */
export async function grafanaOf(form: number): Promise<{ grafana: TestGrafana; state: RecordedState }> {
  const [grafana, state] = [await testGrafana(), await recorded(form)];
  if (grafana.real) {
    await forget(grafana);
    onTestFinished(() => forget(grafana));
    await keepDefault(grafana);
  }
  for (const { method, path, body } of state.requests) {
    const type = method === "PATCH" ? { "Content-Type": "application/merge-patch+json" } : {};
    const headers = { "User-Agent": USER_AGENT, ...type };
    await grafana.other.send({ method: method as "POST", path, headers, ...(body === undefined ? {} : { body }) });
  }
  return { grafana, state };
}

/** A real Grafana is shared. */
async function forget({ other }: TestGrafana): Promise<void> {
  const paths = [
    POLICIES,
    groupPath("state-home", "state-pages"),
    `${POINTS}/state-hook-a`,
    `${POINTS}/state-mail-b`,
    `${TIMINGS}/state-nights`,
    `${TEMPLATES}/state-words`,
    objectPath("dashboard", "state-board"),
    objectPath("dashboard", "state-old-board"),
    "/api/datasources/uid/state-loki",
    objectPath("folder", "state-inner"),
    objectPath("folder", "state-home"),
  ];
  for (const path of paths) await other.send({ method: "DELETE", path }).catch(() => undefined);
}

/** One object of a recorded state, and how to change it. */
export interface Subject {
  readonly address: string;
  /** Whether Grafana's version shows that it was written since. */
  readonly versioned: boolean;
  /** Changes it like a user in Grafana. */
  readonly meddle: (grafana: TestGrafana) => Promise<unknown>;
  /** The same code with another value. */
  readonly change: (code: readonly Declared[]) => Declared[];
}

export const SUBJECTS: readonly Subject[] = [
  {
    address: "folder/state-inner",
    versioned: false,
    meddle: (grafana) => edit(grafana, "folder", "state-inner", ({ spec }) => void (spec["title"] = "By hand")),
    change: changed("uid", "state-inner", { title: "In code" }),
  },
  {
    address: "dashboard/state-board",
    versioned: true,
    meddle: (grafana) =>
      edit(grafana, "dashboard", "state-board", ({ spec }) => {
        for (const panel of spec["panels"] as JsonObject[]) if (panel["type"] === "text") panel["title"] = "By hand";
      }),
    change: retitled("state-board"),
  },
  {
    address: "dashboard/state-old-board",
    versioned: true,
    meddle: (grafana) => edit(grafana, "dashboard", "state-old-board", ({ spec }) => void (spec["title"] = "By hand")),
    change: retitled("state-old-board"),
  },
  {
    address: "datasource/state-loki",
    versioned: true,
    meddle: (grafana) => editDatasource(grafana, "state-loki", { url: "http://127.0.0.1:1/by-hand" }),
    change: changed("uid", "state-loki", { url: "http://127.0.0.1:1/in-code" }),
  },
  {
    address: "message-template/state-words",
    versioned: false,
    meddle: (grafana) => theirTemplate(grafana, "state-words"),
    change: changed("name", "state-words", { template: '{{ define "state-words" }}in code{{ end }}' }),
  },
  {
    address: "mute-timing/state-nights",
    versioned: false,
    meddle: (grafana) => theirTiming(grafana, "state-nights"),
    change: changed("name", "state-nights", { time_intervals: [{ weekdays: ["sunday"] }] }),
  },
  {
    address: "contact-point/state-ops",
    versioned: false,
    meddle: (grafana) => theirPoint(grafana, "state-hook-a", { name: "state-ops" }),
    change: changed("name", "state-ops", {
      integrations: [
        { type: "webhook", uid: "state-hook-a", settings: { url: "http://127.0.0.1:1/in-code" } },
        { type: "email", uid: "state-mail-b", settings: { addresses: "a@example.org;b@example.org" } },
      ],
    }),
  },
  {
    address: "notification-policy/default",
    versioned: false,
    meddle: (grafana) => theirTree(grafana, { receiver: "state-ops", group_by: ["alertname"], repeat_interval: "3h" }),
    change: changed("kind", "notification-policy", { repeat_interval: "2h" }),
  },
  {
    address: "rule-group/state-home/state-pages",
    versioned: false,
    meddle: (grafana) =>
      theirGroup(grafana, "state-home", "state-pages", [alert("state-rule-one", { uid: "state-rule-one", for: "9m" })]),
    change: changed("title", "state-pages", { interval: 120 }),
  },
];

function changed(key: string, value: string, more: object): Subject["change"] {
  return (code) => code.map((one) => (one[key] === value ? { ...one, ...more } : one));
}

function retitled(uid: string): Subject["change"] {
  return (code) =>
    code.map((one) => (one["uid"] === uid ? { ...one, spec: { ...Object(one["spec"]), title: "In code" } } : one));
}

/** Rewrites all marks and entries to the given form, and changes nothing else. */
export async function withForm(grafana: TestGrafana, form: number): Promise<void> {
  const other = (mark: string, version?: number) =>
    mark
      .split(":")
      .map((field, index) => (index === 0 ? String(form) : index === 3 && version ? String(version) : field))
      .join(":");
  for (const uid of ["state-board", "state-old-board"]) {
    await edit(grafana, "dashboard", uid, ({ metadata }) => {
      metadata.annotations[MARK] = other(metadata.annotations[MARK] ?? "", metadata.generation + 1);
    });
  }
  for (const uid of ["state-home", "state-inner"]) {
    await edit(grafana, "folder", uid, ({ metadata }) => {
      metadata.annotations[MARK] = other(metadata.annotations[MARK] ?? "");
    });
  }
  await changeRecord(grafana, (record) => ({ ...record, form }));
  const source = (await grafana.other.send({ method: "GET", path: "/api/datasources/uid/state-loki" })) as {
    version: number;
    jsonData: { "grafana-provision": { applied: string } };
  };
  const own = source.jsonData["grafana-provision"];
  const mark = { ...own, applied: other(own.applied, source.version + 1) };
  await editDatasource(grafana, "state-loki", { jsonData: { ...source.jsonData, "grafana-provision": mark } });
}

interface StoredRecord {
  readonly form: number;
  readonly serial: number;
  readonly entries: Readonly<Record<string, readonly unknown[]>>;
}

export async function recordIn(grafana: TestGrafana): Promise<StoredRecord> {
  const { annotations } = (await stored(grafana, "folder", "state-home")).metadata;
  return JSON.parse(annotations[RECORD] ?? "null") as StoredRecord;
}

export async function changeRecord(grafana: TestGrafana, change: (record: StoredRecord) => object): Promise<void> {
  const text = JSON.stringify(change(await recordIn(grafana)));
  await edit(grafana, "folder", "state-home", ({ metadata }) => void (metadata.annotations[RECORD] = text));
}
