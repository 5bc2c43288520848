import { structuredSpec } from "./schema-v2-spec.ts";
import { isObject, type JsonObject } from "../../util/json.ts";
import type { Check } from "../check.ts";
import { at, firstDifference, generation, listAt, textOf } from "../found.ts";
import type { CheckRequests } from "../check-requests.ts";
import { dryRunUpdate, historyOf } from "./classic.ts";

const [V1, V2, V0] = ["v1beta1", "v2beta1", "v0alpha1"] as const;

const CLASSIC_SPEC: JsonObject = {
  title: "Check",
  schemaVersion: 42,
  panels: [{ id: 1, type: "text", title: "A", gridPos: { h: 8, w: 12, x: 0, y: 0 } }],
};

/** The schema that a dashboard is stored in, as a read in a version says. */
async function storedVersion(requests: CheckRequests, version: string, name: string): Promise<string> {
  return textOf(at(await requests.read(version, name), "status", "conversion")["storedVersion"]);
}

export const SCHEMA_V2: readonly Check[] = [
  {
    name: "v2-stored",
    title: "a complete dashboard of schema v2",
    recorded: "stored as sent",
    async run(requests) {
      const spec = structuredSpec();
      const { name } = await requests.create(V2, spec);
      const different = firstDifference(spec, at(await requests.read(V2, name), "spec"));
      return different === undefined ? "stored as sent" : `differs at ${different}`;
    },
  },
  {
    name: "v2-unknown-properties",
    title: "unknown property of a dashboard of schema v2",
    recorded: "lost",
    async run(requests) {
      const { name } = await requests.create(V2, { ...structuredSpec(), unknown: "a" });
      return at(await requests.read(V2, name), "spec")["unknown"] === "a" ? "kept" : "lost";
    },
  },
  {
    name: "v2-dry-run",
    title: "dry run of an update in schema v2",
    recorded: "accepted, stores nothing",
    run: async (requests) => dryRunUpdate(requests, V2, structuredSpec()),
  },
  {
    name: "v2-generation",
    title: "generation after a create in schema v2, a change in it, and a classic write",
    recorded: "1, 2, 3",
    async run(requests) {
      const spec = structuredSpec();
      const { name, created } = await requests.create(V2, spec);
      const changed = await requests.update(V2, name, { ...spec, title: "Check 2" });
      const classic = await requests.update(V1, name, CLASSIC_SPEC);
      return [created, changed, classic].map(generation).join(", ");
    },
  },
  {
    name: "stored-version",
    title: "storedVersion of a v2 dashboard read as classic, and of a classic one read as v2",
    recorded: "v2beta1, v1beta1",
    async run(requests) {
      const { name: inV2 } = await requests.create(V2, structuredSpec());
      const { name: inV1 } = await requests.create(V1, CLASSIC_SPEC);
      return `${await storedVersion(requests, V1, inV2)}, ${await storedVersion(requests, V2, inV1)}`;
    },
  },
  {
    name: "stored-version-after-classic",
    title: "storedVersion after a classic write over schema v2, read as v1beta1 and as v0alpha1",
    recorded: "v2beta1, v1beta1",
    async run(requests) {
      const { name } = await requests.create(V2, structuredSpec());
      await requests.update(V1, name, CLASSIC_SPEC);
      return `${await storedVersion(requests, V1, name)}, ${await storedVersion(requests, V0, name)}`;
    },
  },
  {
    name: "v2-to-classic",
    title: "tabs, rows and an auto grid read in the classic schema",
    recorded: "row 0, row 1, text 1, row 9, text 10",
    async run(requests) {
      const { name } = await requests.create(V2, structuredSpec());
      const panels = listAt(await requests.read(V1, name), "spec", "panels");
      return panels.map((panel) => `${textOf(panel["type"])} ${textOf(at(panel, "gridPos")["y"])}`).join(", ");
    },
  },
  {
    name: "classic-to-v2",
    title: "a classic dashboard read in schema v2",
    recorded: "GridLayout of panel-1",
    async run(requests) {
      const { name } = await requests.create(V1, CLASSIC_SPEC);
      const { layout = null, elements = null } = at(await requests.read(V2, name), "spec");
      const names = isObject(elements) ? Object.keys(elements) : [];
      return `${textOf(at(layout)["kind"])} of ${names.join(", ")}`;
    },
  },
  {
    name: "classic-over-v2",
    title: "layout after a classic write over tabs",
    recorded: "GridLayout",
    async run(requests) {
      const { name } = await requests.create(V2, structuredSpec());
      await requests.update(V1, name, CLASSIC_SPEC);
      return textOf(at(await requests.read(V2, name), "spec", "layout")["kind"]);
    },
  },
  {
    name: "v2-history",
    title: "layouts in the history after a classic write over tabs, read in schema v2",
    recorded: "GridLayout, TabsLayout",
    async run(requests) {
      const { name } = await requests.create(V2, structuredSpec());
      await requests.update(V1, name, CLASSIC_SPEC);
      const versions = await historyOf(requests, V2, name);
      return versions.map((one) => textOf(at(one, "spec", "layout")["kind"])).join(", ");
    },
  },
];
