import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { load } from "../../../../src/code/load.ts";
import { desire } from "../../../../src/code/desired.ts";
import { kinds } from "../../../../src/kinds/index.ts";
import { DASHBOARD_DOCUMENTS } from "../../../../src/kinds/dashboard/documents.ts";
import { checks } from "../../../../src/kinds/dashboard/checks.ts";
import { requestOf } from "../../../../src/kinds/dashboard/v2/api.ts";
import type { Collection } from "../../../../src/grafana/collection.ts";
import type { JsonObject } from "../../../../src/util/json.ts";
import { element, grid, spec } from "../../../helpers/schema-v2.ts";

const content = spec("A", { a: element(1, "A") }, grid("a"));

/** The dashboards in these files, and the faults. */
async function read(files: Readonly<Record<string, string>>) {
  const directory = await mkdtemp(join(tmpdir(), "grafana-documents-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const file = join(directory, "grafana.config.ts");
  const { loaded, faults } = await load({ config: { resources: ["."] }, directory, file } as never);
  const code = desire(loaded, kinds, "test");
  return {
    faults: [...faults, ...code.faults].map(({ code: name, path, level }) => ({ code: name, path, level })),
    found: code.desired.map(({ id, references, resource }) => ({
      id,
      schema: (resource as { schema?: string }).schema,
      folder: references.find(({ kind }) => kind === "folder")?.id,
    })),
    desired: code.desired,
  };
}

test("a spec alone, manifests of v2beta1 and v2, and several documents in one file are dashboards in schema v2", async () => {
  const manifest = (version: string, name: string) =>
    JSON.stringify({
      apiVersion: `dashboard.grafana.app/${version}`,
      kind: "Dashboard",
      metadata: { name, annotations: { "grafana.app/folder": "team" } },
      spec: content,
    });
  const { faults, found } = await read({
    "alone.json": JSON.stringify(content),
    "beta.json": manifest("v2beta1", "beta"),
    "both.yaml": `${manifest("v2", "final")}\n---\n${JSON.stringify(content)}\n`,
    "classic.json": JSON.stringify({ title: "Classic", panels: [] }),
  });
  expect(faults).toEqual([]);
  expect(found.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
    { id: "alone", schema: "v2", folder: undefined },
    { id: "beta", schema: "v2", folder: "team" },
    { id: "both-2", schema: "v2", folder: undefined },
    { id: "classic", schema: undefined, folder: undefined },
    { id: "final", schema: "v2", folder: "team" },
  ]);
});

test("faults of elements in a file: an element without a place is only a warning", async () => {
  const wrong = spec("A", { a: element(1, "A"), b: element(2, "B") }, grid("a", "c"));
  expect((await read({ "wrong.json": JSON.stringify(wrong) })).faults).toEqual([
    { code: "code-element-missing", path: "layout.spec.items[1].spec.element", level: "error" },
    { code: "code-element-unused", path: "elements.b", level: "warning" },
  ]);
});

test("preferences, which only v2 has, are a fault on a Grafana that serves only v2beta1", async () => {
  const layout = { kind: "GridLayout", spec: { items: [] } };
  const { desired } = await read({ "a.json": JSON.stringify({ ...content, preferences: { layout } }) });
  const serving = (version: string) => {
    const collection = { apiVersion: `dashboard.grafana.app/${version}` };
    return { grafana: { collection: () => Promise.resolve(collection) } } as never;
  };
  const supported = (context?: never) => checks.supported?.(desired as never, context);
  const fault = { code: "code-schema-unsupported", path: "spec.preferences" };
  expect(await supported(serving("v2beta1"))).toMatchObject([{ ...fault, level: "error" }]);
  expect(await supported()).toMatchObject([{ ...fault, level: "warning" }]);
  expect(await supported(serving("v2"))).toEqual([]);
});

test("a Grafana that serves v2 gets the spec in the shape of v2", () => {
  const transformed = structuredClone(content);
  const a = (transformed["elements"] as Record<string, { spec: { data: { spec: JsonObject } } }>)["a"];
  if (a) a.spec.data.spec["transformations"] = [{ kind: "limit", spec: { id: "limit", options: {} } }];
  const sent = (version: string) => {
    const dashboards = { apiVersion: `dashboard.grafana.app/${version}` } as Collection;
    return requestOf(dashboards, { metadata: { name: "a", annotations: {} }, spec: transformed }).spec;
  };
  expect(sent("v2beta1")).toEqual(transformed);
  expect(JSON.stringify(sent("v2"))).toContain('{"kind":"Transformation","group":"limit","spec":{"options":{}}}');
});

test("a set gives its folder and uid to dashboards in schema v2", () => {
  const set = { kind: "dashboard-files", files: "./*.json", folder: null, uid: (name: string) => `set-${name}` };
  const { read: readDocument, faults } = DASHBOARD_DOCUMENTS.openSet(set);
  expect(faults).toEqual([]);
  expect(readDocument?.(content, { file: "a.json", stem: "a" }).value).toMatchObject({
    schema: "v2",
    uid: "set-a",
    folder: null,
    spec: { title: "A" },
  });
});
