import { diff } from "../../engine/diff.ts";
import type { Difference } from "../../engine/difference.ts";
import { address, type Desired, type Reference } from "../../engine/model.ts";
import type { Shape } from "../../engine/shape.ts";
import { textOf, type JsonObject } from "../../util/json.ts";
import { listed } from "../../util/plural.ts";
import { objectsOf } from "../alerting/rule.ts";
import { idOf } from "../dashboard/references.ts";
import { reference } from "../reference.ts";
import type { PublicDashboard, PublicDashboards } from "./builder.ts";

/** How a dashboard is public. */
interface Sharing {
  readonly timeSelection: boolean;
  readonly annotations: boolean;
}

/** The public dashboards by uid. */
export type Shared = ReadonlyMap<string, Sharing>;

type Entry = PublicDashboards["dashboards"][number];

export function sharedIn({ dashboards }: PublicDashboards, project: string): Shared {
  return new Map(
    dashboards.map((entry) => {
      const { dashboard, timeSelection = false, annotations = false } = optionsOf(entry);
      return [uidOf(dashboard, project), { timeSelection, annotations }];
    }),
  );
}

export function referencesOf({ dashboards }: PublicDashboards, project: string): Reference[] {
  return dashboards.map((entry, index) => {
    const { dashboard } = optionsOf(entry);
    const path = `dashboards[${index}]${"kind" in entry ? "" : ".dashboard"}`;
    return reference(dashboard, path, uidOf(dashboard, project));
  });
}

function optionsOf(entry: Entry): PublicDashboard {
  return "kind" in entry ? { dashboard: entry } : entry;
}

function uidOf(dashboard: PublicDashboard["dashboard"], project: string): string {
  return "existing" in dashboard ? dashboard.uid : idOf(dashboard, project);
}

export function desiredForm({
  resource,
  project,
}: Pick<Desired<PublicDashboards>, "resource" | "project">): JsonObject {
  return formOf(sharedIn(resource, project));
}

export function formOf(shared: Shared): JsonObject {
  const dashboards = [...shared].map(([uid, sharing]) => ({ dashboard: uid, ...sharing }));
  return { dashboards: dashboards.toSorted((a, b) => (a.dashboard < b.dashboard ? -1 : 1)) };
}

const nameOf = ({ dashboard }: JsonObject) => address({ kind: "dashboard", id: textOf(dashboard) });

const SHAPE: Shape = {
  lists: {
    dashboards: {
      by: [({ dashboard }) => dashboard],
      key: "dashboard",
      label: nameOf,
      show: () => "public",
      many: "public dashboards",
      unordered: () => true,
    },
  },
};

export function differencesOf(before: JsonObject, after: JsonObject): Difference[] {
  return diff(before, after, SHAPE);
}

/** `dashboard/a and dashboard/b are no longer public` */
export function revokedFrom(before: Shared, after: Shared): string | undefined {
  const gone = [...before.keys()].filter((uid) => !after.has(uid)).map((id) => address({ kind: "dashboard", id }));
  if (gone.length === 0) return undefined;
  return `${listed(gone.toSorted())} ${gone.length === 1 ? "is" : "are"} no longer public`;
}

export function factsOf({ dashboards }: JsonObject): string[] {
  const names = objectsOf(dashboards).map(nameOf);
  return [names.length === 0 ? "no dashboard is public" : `public: ${names.join(", ")}`];
}

/** Each dashboard is written by a request of its own. */
export function partsOf({ dashboards }: JsonObject): Record<string, JsonObject> {
  return Object.fromEntries(objectsOf(dashboards).map((one) => [textOf(one["dashboard"]), one]));
}
