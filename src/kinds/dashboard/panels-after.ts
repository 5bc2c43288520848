import type { Desired } from "../../engine/model.ts";
import { textOf, type JsonObject } from "../../util/json.ts";
import type { AnyDashboard } from "./builder.ts";
import { specOf, specV2Of, type LiveDashboard } from "./live-dashboard.ts";
import { bodyToSend } from "./model-to-send.ts";
import { allPanels } from "./model/panels.ts";
import { elementsIn, panelIdOf } from "./v2/elements.ts";
import { isSchemaV2 } from "./v2/spec.ts";

/** A panel of a dashboard, without rows. */
export interface ShownPanel {
  readonly id: number;
  readonly title: string;
}

/** The panels after a write of the code, or without code those that Grafana has. `live` must be complete. */
export function panelsAfter(desired: Desired<AnyDashboard> | undefined, live?: LiveDashboard): ShownPanel[] {
  if (desired) return panelsIn(bodyToSend(desired.resource, live, live?.tag));
  if (!live) return [];
  return panelsIn(live.object.stored ? specV2Of(live) : specOf(live));
}

function panelsIn(body: JsonObject): ShownPanel[] {
  if (isSchemaV2(body))
    return elementsIn(body).flatMap(([, element]) => shown(panelIdOf(element), titleIn(element["spec"])));
  return allPanels(body).flatMap((panel) =>
    panel["type"] === "row" ? [] : shown(Number(panel["id"]), titleIn(panel)),
  );
}

function shown(id: number | undefined, title: string): ShownPanel[] {
  return id === undefined ? [] : [{ id, title }];
}

function titleIn(panel: unknown): string {
  return typeof panel === "object" && panel !== null && "title" in panel ? textOf(panel.title) : "";
}
