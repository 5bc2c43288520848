import type { Restore } from "../../engine/kind-context.ts";
import { secretsIn } from "../../secrets/secret.ts";
import type { SecretValues } from "../../secrets/values.ts";
import { equal, textOf } from "../../util/json.ts";
import { secretKeys } from "./body.ts";
import { observedForm } from "./canonical.ts";
import type { LiveDatasource } from "./live.ts";
import { addressesOf } from "./secrets.ts";

/** How a secret of a restored datasource is set. */
interface Fate {
  readonly key: string;
  /** Absent if it is not sent; empty if it is cleared. */
  readonly send?: string;
  readonly isLost?: true;
  readonly says: string;
}

/** Grafana never returns secrets. Those that the run may have sent, or that are missing, are sent if their variables are known. */
export function fatesOf({ before, live, fromBackup }: Restore<LiveDatasource>, secrets: SecretValues): Fate[] {
  const there = new Set(live ? secretKeys(live.body) : []);
  const variables = new Map(sealedVariables(before));
  const another = before.applied?.secrets !== live?.applied?.secrets;
  // A backup names variables of its own.
  const sent = fromBackup ? [] : (live?.applied?.places ?? []);
  const now = new Map(sent.map(({ path, variable }) => [textOf(path.at(-1)), variable]));
  const sameAddress = live && equal(addressesOf(observedForm(before)), addressesOf(observedForm(live)));
  return secretKeys(before.body).flatMap((key): Fate[] => {
    const variable = variables.get(key);
    // The secret of another variable, or for another address, is not the former one.
    const isFormer =
      there.has(key) &&
      (now.has(key)
        ? now.get(key) === variable
        : sameAddress === true || (variable === undefined && !fromBackup && !live?.touched));
    const isKept = fromBackup ?? (!another || variable === undefined);
    if (isFormer && !secrets.refresh && isKept) return [];
    const value = variable === undefined ? undefined : secrets.read(variable);
    const what = `the secret ${key}`;
    if (value !== undefined) return [{ key, send: value, says: `${what} is set to the current value of ${variable}` }];
    if (isFormer) return [{ key, says: `${what} is kept` }];
    const how = variable === undefined ? "set it in Grafana" : `set ${variable}, or set it in Grafana`;
    return [{ key, ...(there.has(key) ? { send: "" } : {}), isLost: true, says: `${what} can't be restored; ${how}` }];
  });
}

function sealedVariables({ body }: LiveDatasource): [key: string, variable: string][] {
  return secretsIn(body["secureJsonData"]).map(({ path: [key = ""], variable }) => [String(key), variable]);
}
