import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { GridLayoutItemKind } from "@grafana/grafana-foundation-sdk/dashboardv2";
import { isObject } from "../../util/json.ts";

/**
 * The builder with properties that the SDK has no methods for. Objects are merged; other values, also lists, are replaced, and
 * `undefined` removes a property. They also replace what later calls of the builder's methods set.
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
 * The builder without properties that it sets by itself. A path names a property: `options.frameIndex`.
 *
 * @example without(new CustomVariableBuilder("server"), "allowCustomValue").values("a,b")
 */
export function without<Of extends Builder<object>>(builder: Of, ...paths: readonly string[]): Of {
  return changing(builder, (built) => paths.reduce((object, path) => removed(object, path.split(".")), built));
}

/**
 * A builder of an object with exactly these properties, for an object that the SDK's builder would extend by defaults.
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
 * An item of a grid in schema v2: where it shows an element, which is named as in `.element(name, ...)`.
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
 * A query of a datasource that the SDK has no builder for, with the properties of the plugin's query.
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
