import type { Desired } from "../../engine/model.ts";
import { listed } from "../../util/plural.ts";
import { textOf } from "../../util/json.ts";
import { secretKeys } from "./body.ts";
import type { Datasource } from "./builder.ts";
import type { LiveDatasource } from "./live.ts";

/** The secrets that a write replaces or clears, unless the project sent them. Without secrets in the code, existing ones are kept. */
export function removalOf({ resource }: Desired<Datasource>, live: LiveDatasource): string | undefined {
  return resource.secureJsonData ? lossOf(live) : undefined;
}

/** The secrets that a record lacks: Grafana does not return them, and no variable of the project contains them. */
export function lossOf({ body, applied }: LiveDatasource): string | undefined {
  const known = new Set(applied?.places?.map(({ path }) => textOf(path.at(-1))));
  const lost = secretKeys(body).filter((key) => !known.has(key));
  if (lost.length === 0) return undefined;
  const [what, it] = lost.length === 1 ? ["the secret", "it"] : ["the secrets", "them"];
  return `a rollback can't restore ${what} ${listed(lost)}, because Grafana does not return ${it}`;
}
