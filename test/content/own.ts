import { globSync } from "node:fs";
import { join } from "node:path";
import type { Panel, RowPanel, VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard } from "grafana-provision";

const ROOT = join(import.meta.dirname, "../..");

/** The parts of a query that do not depend on the datasource. */
export interface Target {
  readonly refId: string;
  readonly expr?: string;
  readonly legendFormat?: string;
  readonly queryType?: string;
  readonly datasource?: { readonly type?: string; readonly uid?: string };
  readonly [property: string]: unknown;
}

/** All dashboards of the repository. */
export const dashboards = (
  await Promise.all(
    globSync("dashboards/*.ts", { cwd: ROOT }).map(
      (file) => import(/* @vite-ignore */ join(ROOT, file)) as Promise<Record<string, unknown>>,
    ),
  )
)
  .flatMap((module) => Object.values(module))
  .filter((value): value is Dashboard => (value as { kind?: unknown }).kind === "dashboard");

/** All panels, including those in collapsed rows. */
export function panelsOf({ spec }: Dashboard): Panel[] {
  return (spec.panels ?? []).flatMap((panel) => (isRow(panel) ? panel.panels : [panel]));
}

export function rowsOf({ spec }: Dashboard): RowPanel[] {
  return (spec.panels ?? []).filter(isRow);
}

function isRow(panel: Panel | RowPanel): panel is RowPanel {
  return panel.type === "row";
}

export function variablesOf({ spec }: Dashboard): VariableModel[] {
  return spec.templating?.list ?? [];
}

export function targetsOf(panel: Panel): Target[] {
  return (panel.targets ?? []) as unknown as Target[];
}

/** The type of a query's datasource. */
export function sourceOf(panel: Panel, target?: Target): string | undefined {
  return target?.datasource?.type ?? panel.datasource?.type;
}
