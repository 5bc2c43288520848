import type { ChecksFacet } from "../../engine/facets.ts";
import { address, type Desired } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import type { Datasource } from "./builder.ts";
import type { LiveDatasource } from "./live.ts";
import { removalOf } from "./losses.ts";

export const checks: ChecksFacet<Datasource, LiveDatasource> = {
  code: (all) => [
    ...repeated(all, "name"),
    ...repeated(
      all.filter(({ resource }) => resource.isDefault === true),
      "isDefault",
    ),
  ],
  obstacle({ resource }, live) {
    for (const field of resource.basicAuth ? (["url", "basicAuthUser"] as const) : (["url"] as const)) {
      if (live && live.body[field] && !resource[field]) {
        return `Grafana can't clear the ${field} of a datasource; set it, or delete the datasource and apply again`;
      }
    }
    return undefined;
  },
  removal: removalOf,
  sideEffect({ resource, title, id }, _live, all) {
    const others = all.filter((other) => other.id !== id);
    const namesake = others.find((other) => other.title === title);
    const former = resource.isDefault ? others.find(({ body }) => body.isDefault) : undefined;
    const effects = [
      ...(namesake ? [`takes the name of datasource/${namesake.id}`] : []),
      ...(former ? [`datasource/${former.id} is no longer the default`] : []),
    ];
    return effects.join("; ") || undefined;
  },
};

function repeated(all: readonly Desired<Datasource>[], field: "name" | "isDefault"): Fault[] {
  return all.flatMap((one, index) => {
    const first = all.findIndex((other) => other.resource[field] === one.resource[field]);
    if (first === index) return [];
    const other = all[first] ?? one;
    const what =
      field === "name" ? `the name "${one.resource.name}" is used twice` : "only one datasource can be the default";
    const message = `${what}: see ${address(other)} in ${other.source.file}`;
    return [{ level: "error", file: one.source.file, export: one.source.export, path: field, message } as const];
  });
}
