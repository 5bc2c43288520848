import { z } from "zod";
import { isObject } from "../../../util/json.ts";

// Covers only what this tool relies on and common mistakes: Grafana and its plugins define the rest. Files that Grafana
// exported contain null for unset properties.

const Datasource = z
  .union([z.string(), z.looseObject({ uid: z.string().nullish(), type: z.string().nullish() })])
  .nullish()
  .refine(
    (value) => !isObject(value) || value["kind"] !== "datasource",
    "is the datasource itself; use its `ref`, as in .datasource(prometheus.ref)",
  );

const GridPos = z.looseObject({ h: z.number(), w: z.number(), x: z.number(), y: z.number() });

const Target = z.looseObject({ refId: z.string().nullish(), datasource: Datasource });

const panelShape = {
  type: z.string().nullish(),
  libraryPanel: z.looseObject({}).nullish(),
  // Grafana replaces an id that is a string.
  id: z.union([z.number().int(), z.string()]).nullish(),
  title: z.string().nullish(),
  description: z.string().nullish(),
  datasource: Datasource,
  gridPos: GridPos.nullish(),
  targets: z.array(Target).nullish(),
  fieldConfig: z
    .looseObject({ defaults: z.looseObject({}).nullish(), overrides: z.array(z.looseObject({})).nullish() })
    .nullish(),
  options: z.looseObject({}).nullish(),
  transparent: z.boolean().nullish(),
};

/** Only library panels have their type elsewhere. */
function needsType(panel: { type?: unknown; libraryPanel?: unknown }, context: z.RefinementCtx): void {
  // The SDK's builder sets an empty type.
  if (panel.type || panel.libraryPanel) return;
  const message = panel.type === "" ? "must not be empty" : "a panel requires a type, such as timeseries";
  context.addIssue({ code: "custom", path: ["type"], message });
}

const InnerPanel = z.looseObject(panelShape).superRefine(needsType);

const Panel = z.looseObject({ ...panelShape, panels: z.array(InnerPanel).nullish() }).superRefine(needsType);

const NamedList = z.looseObject({ list: z.array(z.looseObject({ name: z.string().nullish() })).nullish() }).nullish();

/** The classic dashboard schema, as far as faults can be detected without Grafana. */
export const DashboardModelSchema = z.looseObject({
  title: z
    .string({ error: (issue) => (issue.input === undefined ? "a dashboard requires a title" : undefined) })
    .trim()
    .min(1, "must not be empty"),
  uid: z.string().nullish(),
  schemaVersion: z.number().int().nullish(),
  tags: z.array(z.string()).nullish(),
  time: z.looseObject({ from: z.string(), to: z.string() }).nullish(),
  refresh: z.union([z.string(), z.boolean()]).nullish(),
  timezone: z.string().nullish(),
  editable: z.boolean().nullish(),
  panels: z.array(Panel).nullish(),
  templating: NamedList,
  annotations: NamedList,
  links: z.array(z.looseObject({})).nullish(),
});
