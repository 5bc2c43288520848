import type { DashboardBuilder, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Sdk } from "../../../import/sdk/sdk.ts";
import { equal, isObject, toJson, type Json, type JsonObject } from "../../../util/json.ts";
import { objects } from "../model/panels.ts";

/**
 * The part of each panel's position that the code must set, so that the SDK puts all panels where they are: it places a
 * panel without coordinates after the one before it. The SDK itself is asked, so that this is true for every version of it.
 */
export function statedPositions(panels: readonly JsonObject[], sdk: Sdk): Map<JsonObject, Json | undefined> {
  const stated = new Map<JsonObject, Json | undefined>();
  const Builder = sdk.name("dashboard.DashboardBuilder").value as typeof DashboardBuilder;
  let flow = new Builder("");
  for (const panel of panels) {
    const wanted = panel["gridPos"];
    const inner = objects(panel["panels"]);
    const choices: (Json | undefined)[] = isObject(wanted) ? [undefined, sizeOf(wanted), wanted] : [undefined];
    // Panels in a row get the same treatment, but their row is placed first.
    const own = panel["type"] === "row" ? [undefined, wanted] : choices;
    const fitting = own.findIndex((choice) => equal(placed(flow, panel, choice, []).position, wanted));
    const chosen = fitting < 0 ? wanted : own[fitting];
    stated.set(panel, chosen);
    const innerPositions: (Json | undefined)[] = [];
    for (const [index, one] of inner.entries()) {
      const there = one["gridPos"];
      const options = isObject(there) ? [undefined, sizeOf(there), there] : [undefined];
      const found = options.findIndex((option) => {
        const { inner: positions } = placed(flow, panel, chosen, [...innerPositions, option]);
        return equal(positions[index], there);
      });
      const choice = found < 0 ? there : options[found];
      innerPositions.push(choice);
      stated.set(one, choice);
    }
    flow = placed(flow, panel, chosen, innerPositions).flow;
  }
  return stated;
}

interface Placed {
  readonly flow: DashboardBuilder;
  readonly position: Json | undefined;
  readonly inner: readonly (Json | undefined)[];
}

/** Adds a panel to a copy of the dashboard. */
function placed(
  before: DashboardBuilder,
  { type }: JsonObject,
  position: Json | undefined,
  inner: readonly (Json | undefined)[],
): Placed {
  const flow = Object.assign(Object.create(Object.getPrototypeOf(before) as object) as DashboardBuilder, before, {
    internal: { panels: [] },
  });
  const stub = (gridPos: Json | undefined) => (isObject(gridPos) ? { gridPos: { x: 0, y: 0, ...gridPos } } : {});
  const built = { type, ...stub(position), ...(type === "row" ? { panels: inner.map(stub) } : {}) };
  if (type === "row") flow.withRow({ build: () => built as unknown as RowPanel });
  else flow.withPanel({ build: () => built as unknown as Panel });
  const [panel] = objects(panelsOf(flow));
  return { flow, position: panel?.["gridPos"], inner: objects(panel?.["panels"]).map(({ gridPos }) => gridPos) };
}

function panelsOf(flow: DashboardBuilder): Json {
  return toJson(flow.build().panels ?? []);
}

/** The position without its coordinates: `.height(8).span(6)`. */
function sizeOf({ x: _x, y: _y, ...size }: JsonObject): JsonObject {
  return size;
}
