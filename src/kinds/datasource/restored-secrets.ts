import type { Restore } from "../../engine/kind-context.ts";
import { secretsIn } from "../../secrets/secret.ts";
import type { SecretValues } from "../../secrets/values.ts";
import { textOf } from "../../util/json.ts";
import { secretKeys } from "./body.ts";
import type { LiveDatasource } from "./live.ts";

/** How a secret of a restored datasource is set. */
interface Fate {
  readonly key: string;
  /** Absent if it is not sent. */
  readonly send?: string;
  readonly says: string;
}

/** Grafana never returns secrets. Those that the run may have sent, or that are missing, are sent if their variables are known. */
export function fatesOf({ before, live }: Restore<LiveDatasource>, secrets: SecretValues): Fate[] {
  const there = new Set(live ? secretKeys(live.body) : []);
  const variables = new Map(sealedVariables(before));
  const another = before.applied?.secrets !== live?.applied?.secrets;
  const now = new Map(live?.applied?.places?.map(({ path, variable }) => [textOf(path.at(-1)), variable]));
  return secretKeys(before.body).flatMap((key): Fate[] => {
    const same = !another && now.get(key) === variables.get(key);
    if (there.has(key) && same && !secrets.refresh) return [];
    const variable = variables.get(key);
    const value = variable === undefined ? undefined : secrets.read(variable);
    const what = `the secret ${key}`;
    if (value !== undefined) return [{ key, send: value, says: `${what} is set to the current value of ${variable}` }];
    if (there.has(key)) return [{ key, says: `${what} is kept` }];
    const how = variable === undefined ? "set it in Grafana" : `set ${variable}, or set it in Grafana`;
    return [{ key, says: `${what} can't be restored; ${how}` }];
  });
}

function sealedVariables({ body }: LiveDatasource): [key: string, variable: string][] {
  return secretsIn(body["secureJsonData"]).map(({ path: [key = ""], variable }) => [String(key), variable]);
}
