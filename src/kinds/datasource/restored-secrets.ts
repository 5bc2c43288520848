import type { Restore } from "../../engine/kind-context.ts";
import { secretsIn } from "../../secrets/secret.ts";
import type { SecretValues } from "../../secrets/values.ts";
import { textOf } from "../../util/json.ts";
import { secretKeys } from "./body.ts";
import type { LiveDatasource } from "./live.ts";

/** What becomes of one secret of a datasource that is brought back. */
interface Fate {
  readonly key: string;
  /** Absent: it is not sent. */
  readonly send?: string;
  readonly says: string;
}

/** Grafana never shows one: those that the run may have sent, or that are gone, are sent where their variables are known. */
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
    if (value !== undefined) return [{ key, send: value, says: `${what} is sent from ${variable}, as it is set now` }];
    if (there.has(key)) return [{ key, says: `${what} stays as it is now` }];
    const how = variable === undefined ? "set it in Grafana" : `set ${variable} to have it sent, or set it in Grafana`;
    return [{ key, says: `${what} does not come back: ${how}` }];
  });
}

function sealedVariables({ body }: LiveDatasource): [key: string, variable: string][] {
  return secretsIn(body["secureJsonData"]).map(({ path: [key = ""], variable }) => [String(key), variable]);
}
