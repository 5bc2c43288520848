import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { isObject } from "../../util/json.ts";

/**
 * A builder with properties that the SDK has no methods for. Objects are merged; other values, also lists, are replaced, and
 * `undefined` removes a property.
 *
 * @example withProperties(new PanelBuilder().title("Requests"), { options: { tooltip: { maxHeight: 600 } } })
 */
export function withProperties<Built extends object>(
  builder: Builder<Built>,
  properties: Readonly<Record<string, unknown>>,
): Builder<Built> {
  return { build: () => merged(builder.build(), properties) as Built };
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
