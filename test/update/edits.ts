import type { Client } from "../../src/grafana/client.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../src/util/json.ts";

import { RECORDED } from "../corpus/recorded.ts";

/** An edit of a test, as a user makes it in Grafana's UI. */
export interface MadeEdit {
  readonly address: string;
  readonly what: string;
  /** The former value, if the edit only replaces it. */
  readonly old?: Json;
  /** The path of a difference. Absent: the object has no other edits. */
  readonly path?: string;
}

type Next = () => number;

const DASHBOARDS = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards";
const RULES = "/api/v1/provisioning/folder";

interface Stored {
  readonly metadata: { readonly name: string; readonly annotations: object; readonly labels: object };
  readonly spec: JsonObject;
}

/** Edits one random property of up to four objects. `only`: edits of panels whose description is one of these. */
export async function editsOf(
  client: Client,
  next: Next,
  round: number,
  only?: readonly string[],
): Promise<MadeEdit[]> {
  const { items } = (await client.send({ method: "GET", path: `${DASHBOARDS}?limit=100` })) as { items: Stored[] };
  const made: MadeEdit[] = [];
  const own = shuffled(items, next).slice(0, 3);
  for (const { metadata, spec } of own) {
    const edit = editDashboard(spec, next, `${round}`, only);
    if (!edit) continue;
    const { name, annotations, labels } = metadata;
    const body = {
      apiVersion: "dashboard.grafana.app/v1beta1",
      kind: "Dashboard",
      metadata: { name, annotations, labels },
      spec,
    };
    await client.send({ method: "PUT", path: `${DASHBOARDS}/${name}`, body });
    made.push({ address: `dashboard/${name}`, ...edit });
  }
  const group = only ? undefined : await editGroup(client, next, round);
  return group ? [...made, group] : made;
}

/** The uid of a recorded dashboard. */
export function recordedUid(name: string): string {
  return `r-${name.replaceAll(/[^\w-]/g, "-")}`.slice(0, 40);
}

/** The edits that a user made in Grafana's UI, which also adds the defaults of panels. */
export async function recordedEdits(client: Client): Promise<MadeEdit[]> {
  const made: MadeEdit[] = [];
  for (const { name, savedInUi } of RECORDED) {
    const path = `${DASHBOARDS}/${recordedUid(name)}`;
    const { metadata } = (await client.send({ method: "GET", path })) as Stored;
    const { annotations, labels } = metadata;
    const body = {
      apiVersion: "dashboard.grafana.app/v1beta1",
      kind: "Dashboard",
      metadata: { name: metadata.name, annotations, labels },
      spec: savedInUi,
    };
    await client.send({ method: "PUT", path: `${path}?fieldValidation=Ignore`, body });
    made.push({ address: `dashboard/${metadata.name}`, what: "time range", path: "time" });
  }
  return made;
}

function pick<Item>(items: readonly Item[], next: Next): Item | undefined {
  return items[Math.floor(next() * items.length)];
}

function shuffled<Item>(items: readonly Item[], next: Next): Item[] {
  return items
    .map((item) => ({ item, place: next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

type Edit = Omit<MadeEdit, "address">;

function set(object: JsonObject, key: string, value: Json, what: string): Edit {
  const old = object[key];
  object[key] = value;
  return { what: `${what} ${key}`, ...(old === undefined ? {} : { old }) };
}

/** How often a random edit is chosen until it is one of the wanted ones. */
const CHOICES = 200;

function editDashboard(spec: JsonObject, next: Next, mark: string, only?: readonly string[]): Edit | undefined {
  const panels = objects(spec["panels"]).flatMap((panel) => [panel, ...objects(panel["panels"])]);
  const charts = panels.filter(({ type }) => type !== "row");
  if (only) {
    for (let choice = 0; choice < CHOICES; choice++) {
      const copy = structuredClone(spec);
      const all = objects(copy["panels"]).flatMap((panel) => [panel, ...objects(panel["panels"])]);
      const panel = pick(
        all.filter(({ type }) => type !== "row"),
        next,
      );
      const made = panel && editPanel(panel, copy, next, mark);
      if (!made || !only.includes(made.what)) continue;
      Object.assign(spec, copy);
      return made;
    }
    return undefined;
  }
  const edits: (() => Edit | undefined)[] = [
    () => set(spec, "title", `${textOf(spec["title"])} ${mark}`, "dashboard"),
    () => set(spec, "refresh", pick(["10s", "2m", "15m"], next) ?? "", "dashboard"),
    () => set(spec, "time", { from: `now-${7 + Math.floor(next() * 50)}m`, to: "now" }, "dashboard"),
    () => set(spec, "tags", [...((spec["tags"] as string[] | undefined) ?? []).slice(1), `tag ${mark}`], "dashboard"),
    () => {
      const variable = pick(objects(isObject(spec["templating"]) ? spec["templating"]["list"] : undefined), next);
      return variable && set(variable, "label", `Label "${mark}"`, "variable");
    },
    ...[1, 2, 3, 4].map(() => () => {
      const panel = pick(charts, next);
      return panel && editPanel(panel, spec, next, mark);
    }),
  ];
  const before = JSON.stringify(spec);
  for (const edit of shuffled(edits, next)) {
    const made = edit();
    if (made && JSON.stringify(spec) !== before) return made;
  }
  throw new Error("the dashboard has nothing to edit");
}

function editPanel(panel: JsonObject, spec: JsonObject, next: Next, mark: string): Edit | undefined {
  const config = isObject(panel["fieldConfig"]) ? panel["fieldConfig"]["defaults"] : undefined;
  const defaults = isObject(config) ? config : undefined;
  const custom = defaults && isObject(defaults["custom"]) ? defaults["custom"] : undefined;
  const legend =
    isObject(panel["options"]) && isObject(panel["options"]["legend"]) ? panel["options"]["legend"] : undefined;
  const query = pick(objects(panel["targets"]), next);
  const thresholds = defaults && isObject(defaults["thresholds"]) ? objects(defaults["thresholds"]["steps"]) : [];
  const edits: (() => Edit | undefined)[] = [
    () => set(panel, "title", `${textOf(panel["title"])} ${mark}`, "panel"),
    () => set(panel, "description", `Edited: "${mark}" \\ \`\${x}\``, "panel"),
    () => (query && "expr" in query ? set(query, "expr", `(${textOf(query["expr"])}) > ${mark}`, "query") : undefined),
    () => (query && "legendFormat" in query ? set(query, "legendFormat", `{{x}} ${mark}`, "query") : undefined),
    () =>
      defaults && "unit" in defaults
        ? set(defaults, "unit", pick(["ms", "bytes", "reqps", "custom:x"], next) ?? "", "panel")
        : undefined,
    () => (defaults ? set(defaults, "max", 100 + Number(mark), "panel") : undefined),
    () => (defaults ? set(defaults, "decimals", 1 + Math.floor(next() * 5), "panel") : undefined),
    () => (custom ? set(custom, "lineWidth", 3 + Math.floor(next() * 4), "panel") : undefined),
    () =>
      legend ? set(legend, "placement", legend["placement"] === "right" ? "bottom" : "right", "legend") : undefined,
    () => {
      const targets = panel["targets"];
      if (!Array.isArray(targets) || !query || !("expr" in query)) return undefined;
      targets.push({ ...structuredClone(query), refId: "X", expr: `new_${mark}` });
      return { what: "query added" };
    },
    () => (custom ? set(custom, "lineInterpolation", "smooth", "panel") : undefined),
    () => {
      const step = thresholds.at(-1);
      return step && thresholds.length > 1 ? set(step, "value", 1000 + Number(mark), "threshold") : undefined;
    },
    () => {
      const list = [spec, ...objects(spec["panels"])]
        .map((one) => one["panels"])
        .find((all) => Array.isArray(all) && all.includes(panel));
      if (!Array.isArray(list) || list.length < 2) return undefined;
      list.splice(list.indexOf(panel), 1);
      return { what: "panel removed" };
    },
    () => {
      const list = spec["panels"];
      if (!Array.isArray(list) || list.some((one) => isObject(one) && one["type"] === "row")) return undefined;
      const gridPos = { x: 0, y: 500, w: 8, h: 6 };
      list.push({ ...structuredClone(panel), id: 900 + Number(mark), title: `New ${mark}`, gridPos });
      return { what: "panel added" };
    },
  ];
  return pick(edits, next)?.();
}

interface Group {
  readonly title: string;
  readonly folderUid: string;
  readonly rules: JsonObject[];
}

async function editGroup(client: Client, next: Next, round: number): Promise<MadeEdit | undefined> {
  const all = (await client.send({ method: "GET", path: "/api/v1/provisioning/alert-rules" })) as JsonObject[];
  const rule = pick(all, next);
  if (!rule) return undefined;
  const path = `${RULES}/${textOf(rule["folderUID"])}/rule-groups/${encodeURIComponent(textOf(rule["ruleGroup"]))}`;
  const group = (await client.send({ method: "GET", path })) as Group;
  const own = group.rules.find(({ uid }) => uid === rule["uid"]) ?? {};
  const annotations = isObject(own["annotations"]) ? own["annotations"] : {};
  const labels = isObject(own["labels"]) ? own["labels"] : {};
  const edit = pick(
    [
      () => set(own, "title", `${textOf(own["title"])} ${round}`, "rule"),
      () => set(own, "for", `${11 + round}m`, "rule"),
      () => set(annotations, "summary", `Summary ${round}`, "annotation"),
      () => set(labels, "added", `label ${round}`, "label"),
      () => set(own, "noDataState", own["noDataState"] === "OK" ? "Alerting" : "OK", "rule"),
    ],
    next,
  )?.();
  await client.send({ method: "PUT", path, body: group });
  return edit && { address: `rule-group/${group.folderUid}/${group.title}`, ...edit };
}
