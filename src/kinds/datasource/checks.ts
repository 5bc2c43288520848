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
  obstacle({ resource, id }, live, all) {
    const namesake = all.find((other) => other.title === resource.name && other.id !== id);
    if (namesake) {
      return `a datasource named "${resource.name}" exists with the uid ${namesake.id}; use that uid, or another name`;
    }
    for (const field of ["url", "basicAuthUser"] as const) {
      if (live && live.body[field] && !resource[field]) {
        return `Grafana can't clear the ${field} of a datasource; set it, or delete the datasource and apply again`;
      }
    }
    return undefined;
  },
  removal: removalOf,
  sideEffect({ resource, id }, _live, all) {
    const former = all.find((other) => other.body.isDefault && other.id !== id);
    return resource.isDefault && former ? `datasource/${former.id} is no longer the default` : undefined;
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
