import type { JsonObject } from "../../util/json.ts";
import type { Check } from "../check.ts";
import { at, generation, listAt, outcome, textOf } from "../found.ts";
import { LENIENT, type CheckRequests } from "../check-requests.ts";

const V1 = "v1beta1";

/** A normalized classic dashboard. */
const SPEC: JsonObject = { title: "Check", schemaVersion: 42, panels: [] };

const METADATA_ONLY = { Accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" };

export const CLASSIC: readonly Check[] = [
  {
    name: "annotations",
    title: "annotations and labels of a dashboard",
    recorded: "kept",
    async run(requests) {
      const path = requests.path(V1, undefined, LENIENT);
      const name = requests.name();
      const body = requests.body(V1, name, SPEC, { [OWN]: "a" });
      const metadata = { ...at(body, "metadata"), labels: { [OWN]: "b" } };
      await requests.must({ method: "POST", path, body: { ...body, metadata } });
      const { annotations, labels } = at(await requests.read(V1, name), "metadata");
      const lost = [
        ...(at({ annotations: annotations ?? null }, "annotations")[OWN] === "a" ? [] : ["annotations"]),
        ...(at({ labels: labels ?? null }, "labels")[OWN] === "b" ? [] : ["labels"]),
      ];
      return lost.length === 0 ? "kept" : `loses ${lost.join(" and ")}`;
    },
  },
  {
    name: "dry-run-create",
    title: "dry run of a create",
    recorded: "accepted, stores nothing",
    async run(requests) {
      const name = requests.name();
      const path = requests.path(V1, undefined, `${LENIENT}&dryRun=All`);
      const answer = await requests.send({ method: "POST", path, body: requests.body(V1, name, SPEC) });
      const after = await requests.send({ method: "GET", path: requests.path(V1, name) });
      return `${outcome(answer)}, ${after.status === 404 ? "stores nothing" : "stores the dashboard"}`;
    },
  },
  {
    name: "dry-run-update",
    title: "dry run of an update",
    recorded: "accepted, stores nothing",
    run: async (requests) => dryRunUpdate(requests, V1, SPEC),
  },
  {
    name: "generation",
    title: "generation after a create, the same write again, and a change of an annotation",
    recorded: "1, 2, 3",
    async run(requests) {
      const { name, created } = await requests.create(V1, SPEC);
      const same = await requests.update(V1, name, SPEC);
      const body = { metadata: { annotations: { [OWN]: "a" } } };
      const headers = { "Content-Type": "application/merge-patch+json" };
      const annotated = await requests.must({ method: "PATCH", path: requests.path(V1, name), body, headers });
      return [created, same, annotated].map(generation).join(", ");
    },
  },
  {
    name: "update-conflict",
    title: "update with an outdated resourceVersion",
    recorded: "409",
    async run(requests) {
      const { name, created } = await requests.create(V1, SPEC);
      await requests.update(V1, name, { ...SPEC, title: "Check 2" });
      const body = requests.body(V1, name, { ...SPEC, title: "Check 3" });
      const { resourceVersion = null } = at(created, "metadata");
      const metadata = { ...at(body, "metadata"), resourceVersion };
      return outcome(
        await requests.send({ method: "PUT", path: requests.path(V1, name, LENIENT), body: { ...body, metadata } }),
      );
    },
  },
  {
    name: "create-conflict",
    title: "create of a dashboard that exists",
    recorded: "409",
    async run(requests) {
      const { name } = await requests.create(V1, SPEC);
      const path = requests.path(V1, undefined, LENIENT);
      return outcome(await requests.send({ method: "POST", path, body: requests.body(V1, name, SPEC) }));
    },
  },
  {
    name: "delete-conflict",
    title: "deletion with an outdated resourceVersion",
    recorded: "409",
    async run(requests) {
      const { name, created } = await requests.create(V1, SPEC);
      await requests.update(V1, name, { ...SPEC, title: "Check 2" });
      const preconditions = { resourceVersion: at(created, "metadata")["resourceVersion"] ?? null };
      const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions };
      return outcome(await requests.send({ method: "DELETE", path: requests.path(V1, name), body }));
    },
  },
  {
    name: "defaults",
    title: "properties that Grafana adds to a classic dashboard",
    recorded:
      "annotations, editable, fiscalYearStartMonth, graphTooltip, links, tags, templating, time, timepicker, timezone, weekStart",
    async run(requests) {
      const { name } = await requests.create(V1, SPEC);
      const added = Object.keys(at(await requests.read(V1, name), "spec")).filter((key) => !(key in SPEC));
      return added.toSorted().join(", ");
    },
  },
  {
    name: "unknown-properties",
    title: "unknown property of a classic panel",
    recorded: "kept",
    async run(requests) {
      const panels = [{ id: 1, type: "text", title: "A", gridPos: { h: 1, w: 1, x: 0, y: 0 }, [OWN]: "a" }];
      const { name } = await requests.create(V1, { ...SPEC, panels });
      const [panel] = listAt(await requests.read(V1, name), "spec", "panels");
      return panel?.[OWN] === "a" ? "kept" : "lost";
    },
  },
  {
    name: "panel-ids",
    title: "ids of panels without id, and with the same id",
    recorded: "8, 7, 9",
    async run(requests) {
      const panel = (y: number) => ({ type: "text", title: "A", gridPos: { h: 1, w: 1, x: 0, y } });
      const panels = [panel(0), { ...panel(1), id: 7 }, { ...panel(2), id: 7 }];
      const { name } = await requests.create(V1, { ...SPEC, panels });
      const read = listAt(await requests.read(V1, name), "spec", "panels");
      return read.map(({ id }) => textOf(id)).join(", ");
    },
  },
  {
    name: "metadata-list",
    title: "list of metadata",
    recorded: "PartialObjectMetadataList of apiVersion, kind, metadata",
    async run(requests) {
      const { name } = await requests.create(V1, SPEC);
      const query = `?limit=500&fieldSelector=metadata.name%3D${name}`;
      const path = requests.path(V1, undefined, query);
      const found = await requests.must({ method: "GET", path, headers: METADATA_ONLY });
      const [item = {}] = listAt(found, "items");
      return `${textOf(found["kind"])} of ${Object.keys(item).toSorted().join(", ")}`;
    },
  },
  {
    name: "history",
    title: "generations in the history, newest first",
    recorded: "2, 1",
    run: async (requests) => {
      const { name } = await requests.create(V1, SPEC);
      await requests.update(V1, name, { ...SPEC, title: "Check 2" });
      return (await historyOf(requests, V1, name)).map(generation).join(", ");
    },
  },
];

/** An annotation, label and property that only checks use. */
const OWN = "grafana-provision-doctor";

export async function dryRunUpdate(requests: CheckRequests, version: string, spec: JsonObject): Promise<string> {
  const { name } = await requests.create(version, spec);
  const body = requests.body(version, name, { ...spec, title: "Check 2" });
  const path = requests.path(version, name, `${LENIENT}&dryRun=All`);
  const answer = await requests.send({ method: "PUT", path, body });
  const read = await requests.read(version, name);
  const unchanged = generation(read) === "1" && at(read, "spec")["title"] === spec["title"];
  return `${outcome(answer)}, ${unchanged ? "stores nothing" : "stores the change"}`;
}

export async function historyOf(requests: CheckRequests, version: string, name: string): Promise<JsonObject[]> {
  const query = `?labelSelector=grafana.app%2Fget-history%3Dtrue&fieldSelector=metadata.name%3D${name}`;
  return listAt(await requests.must({ method: "GET", path: requests.path(version, undefined, query) }), "items");
}
