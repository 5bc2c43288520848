import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { GridLayoutItemKind } from "@grafana/grafana-foundation-sdk/dashboardv2";
import { isObject } from "../../util/json.ts";

/**
 * Returns the builder with additional properties, for which the SDK has no methods. Objects are merged with those of the builder.
 * All other values, including lists, replace those of the builder, and `undefined` removes a property. These properties take
 * precedence even over methods that are called later.
 *
 * @example withProperties(new PanelBuilder().title("Requests"), { options: { tooltip: { maxHeight: 600 } } })
 */
export function withProperties<Of extends Builder<object>>(
  builder: Of,
  properties: Readonly<Record<string, unknown>>,
): Of {
  return changing(builder, (built) => merged(built, properties));
}

/**
 * Removes the properties at these paths from what the builder builds, even if the builder sets them by itself. Returns the
 * builder. Example of a path: `options.frameIndex`.
 *
 * @example without(new CustomVariableBuilder("server"), "allowCustomValue").values("a,b")
 */
export function without<Of extends Builder<object>>(builder: Of, ...paths: readonly string[]): Of {
  return changing(builder, (built) => paths.reduce((object, path) => removed(object, path.split(".")), built));
}

/**
 * Returns a builder whose result has exactly these properties. Use it where the SDK's builder would add defaults.
 *
 * @example new PanelBuilder().links([fromObject({ title: "Logs", url: "/d/logs" })])
 */
export function fromObject<Built extends object>(object: NoInfer<Partial<Built>>): Builder<Built> {
  return { build: () => ({ ...object }) as Built };
}

/** The place of an element in the grid of schema v2, which has 24 columns. */
interface GridPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Places an element in a grid of schema v2. `name`: the name that was passed to `.element(name, ...)`.
 *
 * @example new GridBuilder().item(placed("requests", { x: 0, y: 0, width: 12, height: 8 }))
 */
export function placed(name: string, place: GridPlace): Builder<GridLayoutItemKind> {
  const element = { kind: "ElementReference" as const, name };
  return { build: () => ({ kind: "GridLayoutItem", spec: { ...place, element } }) };
}

/** The same builder. The results of further calls of its methods are changed too. */
function changing<Of extends Builder<object>>(builder: Of, change: (built: object) => object): Of {
  return Object.assign(Object.create(builder) as Of, { build: () => change(builder.build()) });
}

/**
 * A query of a plugin that the SDK has no builder for, with the properties of this plugin's queries.
 *
 * @example new PanelBuilder().withTarget(plainQuery({ rawSql: "SELECT now()", format: "table" }))
 */
export function plainQuery(query: Readonly<Record<string, unknown>>): Builder<Dataquery> {
  return { build: () => ({ ...query, _implementsDataqueryVariant: () => undefined }) };
}

function merged(object: object, properties: object): object {
  const result: Record<string, unknown> = { ...object };
  for (const [key, value] of Object.entries(properties) as [string, unknown][]) {
    const own = Object.hasOwn(result, key) ? result[key] : undefined;
    if (value === undefined) delete result[key];
    else result[key] = isObject(value) && isObject(own) ? merged(own, value) : value;
  }
  return result;
}

function removed(object: object, [key = "", ...inner]: readonly string[]): object {
  const { [key]: own, ...others } = object as Readonly<Record<string, unknown>>;
  if (inner.length === 0) return others;
  return isObject(own) ? { ...object, [key]: removed(own, inner) } : object;
}
