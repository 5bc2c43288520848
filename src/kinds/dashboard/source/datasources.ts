import type { SourceContext } from "../../../engine/source.ts";
import type { Constant, Expression } from "../../../import/code/expression.ts";
import { objectOf, property, valueOf } from "../../../import/code/expression.ts";
import { identifierFrom } from "../../../import/code/names.ts";
import type { Sdk } from "../../../import/sdk/sdk.ts";
import { isObject, stableStringify, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { objects } from "../model/panels.ts";

/** How the code names the datasources of a dashboard, and which queries they take. */
export interface DatasourceNames {
  /** Equal for dashboards that name the same datasources in the same way. */
  readonly surroundings: string;
  readonly replace: (value: Json, key: string) => Expression | undefined;
  /** The SDK's modules for a query of a panel: several if its datasource is unknown. */
  modulesFor(query: JsonObject, panel?: JsonObject): readonly string[];
}

export function datasourceNames(form: JsonObject, raw: JsonObject, context: SourceContext): DatasourceNames {
  const modules = modulesOf(context.sdk);
  const variables = new Map(
    [form, raw].flatMap(({ templating }) =>
      (isObject(templating) ? objects(templating["list"]) : [])
        .filter(({ type }) => type === "datasource")
        .map(({ name, query }) => [textOf(name), textOf(query)] as const),
    ),
  );
  const uses = usesIn(form);
  const constants = constantsOf(context);

  function typeOf(datasource: Json | undefined): string | undefined {
    const uid = isObject(datasource) ? textOf(datasource["uid"]) : textOf(datasource);
    const type = isObject(datasource) ? textOf(datasource["type"]) : "";
    if (type !== "" && type !== "datasource") return type;
    const variable = /^\$\{?(\w+)(?::\w+)?\}?$/.exec(uid)?.[1];
    if (variable !== undefined) return variables.get(variable);
    const live = uid === "" ? undefined : context.find("datasource", uid);
    return live && "body" in live && isObject(live.body) ? textOf(live.body["type"]) : type || undefined;
  }

  function named(value: JsonObject): Expression | undefined {
    const keys = Object.keys(value);
    const uid = textOf(value["uid"]);
    if (
      uid === "" ||
      keys.some((key) => key !== "uid" && key !== "type") ||
      keys.some((key) => value[key] === undefined)
    )
      return undefined;
    const live = context.find("datasource", uid);
    const target = live?.id === uid ? context.refer("datasource", uid) : undefined;
    if (!target) return undefined;
    if (!keys.includes("type")) return objectOf({ uid: property(target, "uid") });
    return typeOf({ uid }) === value["type"] ? property(target, "ref") : undefined;
  }

  function shared(value: JsonObject): Expression | undefined {
    const text = stableStringify(value);
    if ((uses.get(text) ?? 0) < 2) return undefined;
    const known = constants.get(text);
    if (known) return known;
    const uid = textOf(value["uid"]).replaceAll(/[${}]/g, "");
    const wanted = /^(ds|datasource|)$/i.test(uid) ? "datasource" : identifierFrom(`${uid} datasource`, "datasource");
    const constant: Constant = { type: "constant", name: wanted, value: valueOf(value) };
    constants.set(text, constant);
    return constant;
  }

  const several = [...uses].flatMap(([text, count]) => (count > 1 ? [text] : []));
  return {
    surroundings: JSON.stringify([[...variables], several.toSorted()]),
    replace(value, key) {
      if (key !== "datasource" || !isObject(value)) return undefined;
      return named(value) ?? shared(value);
    },
    modulesFor(query, panel) {
      const byDefault = context.kinds.grafana.defaultDatasource;
      const used = [query["datasource"], panel?.["datasource"], byDefault && { ...byDefault }].find(isNamed);
      const type = typeOf(used);
      const known = type === undefined ? undefined : modules.get(shortName(type));
      return known === undefined ? (type === undefined ? GUESSES : []) : [known];
    },
  };
}

const runs = new WeakMap<SourceContext["kinds"], Map<string, Constant>>();

/** The constants of datasources that dashboards of this run name. Equal panels of several dashboards have the same ones. */
function constantsOf({ kinds }: SourceContext): Map<string, Constant> {
  const known = runs.get(kinds) ?? new Map<string, Constant>();
  runs.set(kinds, known);
  return known;
}

/** Whether a reference says which datasource it is. Panels with queries of several datasources name none themselves. */
function isNamed(datasource: Json | undefined): boolean {
  const uid = isObject(datasource) ? datasource["uid"] : datasource;
  return Boolean(uid ?? (isObject(datasource) && datasource["type"])) && uid !== "-- Mixed --";
}

/** How often each reference occurs. */
function usesIn(form: JsonObject): Map<string, number> {
  const uses = new Map<string, number>();
  const walk = (value: Json): void => {
    if (Array.isArray(value)) value.forEach(walk);
    if (!isObject(value)) return;
    for (const [key, item] of Object.entries(value)) {
      if (key !== "datasource" || !isObject(item)) walk(item);
      else uses.set(stableStringify(item), (uses.get(stableStringify(item)) ?? 0) + 1);
    }
  };
  walk(form);
  return uses;
}

/** The modules for queries whose datasource is unknown, the most likely first. */
const GUESSES = ["prometheus", "loki"];

/** Plugins that have another name in the SDK. */
const RENAMED: Readonly<Record<string, string>> = {
  "cloud-monitoring": "stackdriver",
  grafanapyroscope: "grafana-pyroscope-datasource",
};

/** The SDK's modules by the short name of their plugin. */
function modulesOf(sdk: Sdk): ReadonlyMap<string, string> {
  const modules = [...new Set(Object.keys(sdk.table.builders).map((name) => name.slice(0, name.indexOf("."))))];
  return new Map(
    modules.flatMap((module) => {
      const plugin = sdk.pluginOf(module);
      return plugin === undefined ? [] : [[shortName(RENAMED[plugin] ?? plugin), module] as const];
    }),
  );
}

/** `testdata` for `grafana-testdata-datasource`, which is also its former name. */
function shortName(plugin: string): string {
  return plugin.replace(/^grafana-/, "").replace(/-datasource$/, "");
}
