import { createRequire } from "node:module";
import { property, type Expression, type Imported } from "../code/expression.ts";
import type { SdkTable, SdkType } from "./table.ts";

const PACKAGE = "@grafana/grafana-foundation-sdk";
const require = createRequire(import.meta.url);

/** The Foundation SDK: what its declarations say, and its code. */
export interface Sdk {
  readonly table: SdkTable;
  /** A class or an enum: `timeseries.PanelBuilder`. */
  name(name: string): Imported;
  /** A unit of the SDK, if it has a constant for it. */
  unit(value: string): Expression | undefined;
  /** The builders of a type, such as `dashboard.Panel`. */
  buildersOf(type: string): readonly string[];
  /** The builders of queries in a module. */
  queryBuildersOf(module: string): readonly string[];
  /** The id of the datasource plugin that a module is for: `prometheus`, `grafana-testdata-datasource`. */
  pluginOf(module: string): string | undefined;
}

/** The table is large, so that only commands that write code load it. */
export async function loadSdk(): Promise<Sdk> {
  const { default: json } = await import("./table.json", { with: { type: "json" } });
  const table = json as unknown as SdkTable;
  const plugins = new Map<string, string>();
  for (const [name, { builds, constants }] of Object.entries(table.builders)) {
    const { group } = constants;
    if (builds.endsWith(".DataQueryKind") && typeof group === "string") plugins.set(moduleOf(name), group);
  }
  const byType = Map.groupBy(Object.keys(table.builders), (name) => table.builders[name]?.builds ?? "");
  const queries = Map.groupBy(
    Object.keys(table.builders).filter((name) => isQuery(table.types[table.builders[name]?.builds ?? ""])),
    moduleOf,
  );
  const modules = new Map<string, Record<string, unknown>>();
  const exportsOf = (module: string): Record<string, unknown> => {
    const found = modules.get(module) ?? (require(`${PACKAGE}/${module}`) as Record<string, unknown>);
    modules.set(module, found);
    return found;
  };
  const names = new Map<string, Imported>();
  return {
    table,
    buildersOf: (type) => byType.get(type) ?? [],
    queryBuildersOf: (module) => queries.get(module) ?? [],
    name(name) {
      const found = names.get(name);
      if (found) return found;
      const [module, own] = [moduleOf(name), name.slice(moduleOf(name).length + 1)];
      const value = exportsOf(module)[own];
      const made: Imported = {
        type: "imported",
        from: `${PACKAGE}/${module}`,
        name: own,
        ...aliasOf(module, own, table),
        value,
      };
      names.set(name, made);
      return made;
    },
    unit(value) {
      const name = Object.hasOwn(table.units, value) ? table.units[value] : undefined;
      if (name === undefined) return undefined;
      const units: Imported = {
        type: "imported",
        from: `${PACKAGE}/units`,
        name: "units",
        all: true,
        value: exportsOf("units"),
      };
      return property(units, name);
    },
    pluginOf: (module) => plugins.get(module),
  };
}

/** Types of queries have a property that only marks them. */
function isQuery(type: SdkType | undefined): boolean {
  return Array.isArray(type) && type[0] === "{" && "_implementsDataqueryVariant" in (type[1] as object);
}

function moduleOf(name: string): string {
  return name.slice(0, name.indexOf("."));
}

/** Every module has builders with these names, so that the name alone does not say of which. */
const ALIASES: Readonly<Record<string, string>> = {
  PanelBuilder: "Builder",
  VisualizationV2Builder: "Builder",
  QueryV2Builder: "QueryBuilder",
};

function aliasOf(module: string, name: string, { builders }: SdkTable): { as?: string } {
  const { constants = {} } = builders[`${module}.${name}`] ?? {};
  const alias =
    Object.hasOwn(ALIASES, name) && "type" in constants === (name === "PanelBuilder") ? ALIASES[name] : undefined;
  return alias === undefined ? {} : { as: `${module.slice(0, 1).toUpperCase()}${module.slice(1)}${alias}` };
}
