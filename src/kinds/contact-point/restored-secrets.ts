import { secretsIn } from "../../secrets/secret.ts";
import type { SecretValues } from "../../secrets/values.ts";
import type { Json } from "../../util/json.ts";
import { jsonObject } from "../alerting/rule.ts";
import { REDACTED, type LiveIntegration } from "./live.ts";
import { pathsOf, valueAt, type SettingPath } from "./paths.ts";

/** How a secret of a restored integration is set. */
export interface Fate {
  readonly path: SettingPath;
  /** `url of ops1` */
  readonly what: string;
  /** Absent if it is unknown. */
  readonly send?: Json;
  readonly says?: string;
}

/** `there`: the current integration. It keeps a secret that is sent as Grafana returns it, but not one inside another setting. */
export function fatesOf(one: LiveIntegration, there: LiveIntegration | undefined, secrets: SecretValues): Fate[] {
  const settings = jsonObject(one.settings);
  const known = secretsIn(one.settings ?? {});
  const shown = pathsOf(settings, REDACTED).map((path) => ({ path, variable: undefined }));
  return [...known, ...shown].map(({ path, variable }): Fate => {
    const what = `the secret ${path.join(".")} of ${one.uid}`;
    const value = variable === undefined ? undefined : secrets.read(variable);
    if (value !== undefined)
      return { path, what, send: value, says: `${what} is set to the current value of ${variable}` };
    const now = there && valueAt(jsonObject(there.settings), path);
    const name = variable === undefined ? what : `${what} (${variable})`;
    if (typeof now !== "string" || (now === REDACTED && path.length > 1)) return { path, what: name };
    return { path, what: name, send: now, says: `${name} is kept` };
  });
}

/** Grafana would store a placeholder for an unknown secret as the secret itself. */
export function obstacleOf(fates: readonly Fate[]): string | undefined {
  const lost = fates.filter(({ send }) => send === undefined).map(({ what }) => what);
  if (lost.length === 0) return undefined;
  return `${lost.join(", ")} can't be restored; set the variable, or create the contact point manually`;
}
