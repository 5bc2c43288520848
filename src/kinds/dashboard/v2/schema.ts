import { z } from "zod";
import { isObject } from "../../../util/json.ts";

// As for the classic schema: only what this tool relies on, and common mistakes. Grafana stores everything else.

const LAYOUTS = ["GridLayout", "AutoGridLayout", "RowsLayout", "TabsLayout"] as const;

const Panel = z.looseObject({
  kind: z.literal("Panel"),
  spec: z.looseObject({
    // The SDK's default is 0, for which the tool assigns an id.
    id: z.number().int().min(0).nullish(),
    title: z.string().nullish(),
    data: z
      .looseObject({
        spec: z
          .looseObject({
            queries: z.array(z.looseObject({})).nullish(),
            transformations: z.array(z.looseObject({})).nullish(),
          })
          .nullish(),
      })
      .nullish(),
    vizConfig: z.looseObject({ group: z.string().min(1, "a panel requires a type, such as timeseries") }),
  }),
});

const LibraryPanel = z.looseObject({
  kind: z.literal("LibraryPanel"),
  spec: z.looseObject({
    id: z.number().int().min(0).nullish(),
    title: z.string().nullish(),
    libraryPanel: z.looseObject({ uid: z.string().min(1, "must not be empty") }),
  }),
});

const Layout = z.looseObject({ kind: z.enum(LAYOUTS), spec: z.looseObject({}) });

const Variable = z.looseObject({
  kind: z.string(),
  spec: z.looseObject({ name: z.string().min(1, "must not be empty") }),
});

/** A dashboard in schema v2 (`v2beta1` or `v2`), as far as faults can be detected without Grafana. */
export const DashboardV2Schema = z
  .looseObject({
    title: z
      .string({ error: (issue) => (issue.input === undefined ? "a dashboard requires a title" : undefined) })
      .trim()
      .min(1, "must not be empty"),
    elements: z.record(z.string(), z.discriminatedUnion("kind", [Panel, LibraryPanel])),
    layout: Layout,
    tags: z.array(z.string()).nullish(),
    variables: z.array(Variable).nullish(),
    annotations: z.array(z.looseObject({})).nullish(),
    links: z.array(z.looseObject({})).nullish(),
    timeSettings: z.looseObject({}).nullish(),
  })
  .superRefine((spec, context) => {
    for (const { path, message } of misusedIn(spec)) context.addIssue({ code: "custom", path: [...path], message });
  });

interface Misuse {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The kinds whose `datasource` is a reference. Other properties with this name belong to plugins. */
const WITH_DATASOURCE = new Set<unknown>(["DataQuery", "AdhocVariable", "GroupByVariable"]);

/** Objects where schema v2 expects a name: of a datasource, an element or a variable. */
function misusedIn(spec: object): Misuse[] {
  const found: Misuse[] = [];
  const walk = (value: unknown, path: readonly PropertyKey[]): void => {
    if (typeof value !== "object" || value === null) return;
    if (isObject(value)) {
      const { kind, datasource, layout, name, repeat } = value;
      const add = (key: string, message: string) => found.push({ path: [...path, key], message });
      if (WITH_DATASOURCE.has(kind)) {
        const message = datasourceFault(datasource);
        if (message !== undefined) add("datasource", message);
        // The content of a query belongs to its plugin.
        if (kind === "DataQuery") return;
      }
      if (kind === "ElementReference" && typeof name !== "string") add("name", "expected the name of an element");
      if (isObject(repeat) && typeof repeat["value"] !== "string")
        add("repeat", "expected { mode, value } with the name of a variable as value");
      if (isObject(layout) && path.length > 0 && !LAYOUTS.some((one) => one === layout["kind"]))
        add("layout", `expected a layout of the kind ${LAYOUTS.join(", ")}`);
    }
    for (const [key, item] of Object.entries(value)) {
      if (key !== "vizConfig") walk(item, [...path, Array.isArray(value) ? Number(key) : key]);
    }
  };
  walk(spec, []);
  return found;
}

function datasourceFault(datasource: unknown): string | undefined {
  if (datasource === undefined || datasource === null) return undefined;
  const example = "use its `refV2`, as in .datasource(prometheus.refV2)";
  if (!isObject(datasource)) return `expected { name: UID }; ${example}`;
  if (datasource["kind"] === "datasource") return `is the datasource itself; ${example}`;
  if ("uid" in datasource) return `is a reference of the classic schema; ${example}`;
  const { name } = datasource;
  return name === undefined || name === null || typeof name === "string"
    ? undefined
    : `expected { name: UID }; ${example}`;
}
