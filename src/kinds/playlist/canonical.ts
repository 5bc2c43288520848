import { diff } from "../../engine/diff.ts";
import type { Difference } from "../../engine/difference.ts";
import { address, type Desired } from "../../engine/model.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import type { Shape } from "../../engine/shape.ts";
import { isObject, textOf, toJson, type Json, type JsonObject } from "../../util/json.ts";
import type { Dashboard, ExistingDashboard } from "../dashboard/builder.ts";
import { idOf as dashboardUid } from "../dashboard/references.ts";
import { reference } from "../reference.ts";
import type { Playlist } from "./builder.ts";
import type { LivePlaylist } from "./live.ts";

export const referencesOf: ResourceKind<Playlist>["references"] = ({ items }, project) =>
  items.flatMap((item, index) => ("kind" in item ? [reference(item, `items[${index}]`, uidOf(item, project))] : []));

function uidOf(item: Dashboard | ExistingDashboard, project: string): string {
  return "existing" in item ? item.uid : dashboardUid(item, project);
}

/** The code as Grafana stores it. */
export function desiredForm({ resource, project }: Pick<Desired<Playlist>, "resource" | "project">): JsonObject {
  const { title, interval, items } = resource;
  return {
    title: title.trim(),
    interval,
    items: items.map((item) =>
      "kind" in item
        ? { type: "dashboard_by_uid", value: uidOf(item, project) }
        : { type: "dashboard_by_tag", value: item.tag },
    ),
  };
}

export function canonical(spec: object = {}): JsonObject {
  const { title, interval, items } = toJson(spec) as JsonObject;
  return {
    title: textOf(title),
    interval: textOf(interval),
    items: itemsIn(items).map(({ type, value }) => ({ type: textOf(type), value: textOf(value) })),
  };
}

const SHAPE: Shape = {
  lists: { items: { by: [(item) => item], many: "items", label: itemText, short: itemText } },
  values: { title: { meaning: () => "renamed" } },
};

export function differencesOf(before: JsonObject, after: JsonObject): Difference[] {
  return diff(before, after, SHAPE);
}

/** The addresses of the dashboards that a playlist names. */
export function usesOf({ object }: LivePlaylist): string[] {
  return itemsIn(canonical(object.spec)["items"]).flatMap((item) =>
    item["type"] === "dashboard_by_uid" ? [itemText(item)] : [],
  );
}

/** `every 5m: dashboard/fastapi, tag "production"` */
export function factsOf({ interval, items }: JsonObject): string[] {
  return [`every ${textOf(interval)}: ${itemsIn(items).map(itemText).join(", ")}`];
}

function itemsIn(items: Json | undefined): JsonObject[] {
  return Array.isArray(items) ? items.filter(isObject) : [];
}

function itemText({ type, value }: JsonObject): string {
  return type === "dashboard_by_tag" ? `tag "${textOf(value)}"` : address({ kind: "dashboard", id: textOf(value) });
}
