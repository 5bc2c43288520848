import { secretsIn } from "../../secrets/secret.ts";
import type { SecretValues } from "../../secrets/values.ts";
import type { Json } from "../../util/json.ts";
import { listed } from "../../util/plural.ts";
import { jsonObject } from "../alerting/rule.ts";
import { REDACTED, type LiveIntegration } from "./live.ts";
import { pathsOf, valueAt, type SettingPath } from "./paths.ts";

/** How a secret of a restored integration is set. */
interface Fate {
  readonly path: SettingPath;
  /** `url of ops1` */
  readonly what: string;
  /** Absent if it is unknown. */
  readonly send?: Json;
  readonly says?: string;
}

/** `there`: the current integration. It keeps a secret that is sent as Grafana returns it, but not one inside another setting. */
function fatesOf(one: LiveIntegration, there: LiveIntegration | undefined, secrets: SecretValues): Fate[] {
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

/** How the integrations of a contact point are restored. */
interface Restored {
  readonly sent: readonly { readonly one: LiveIntegration; readonly fates: readonly Fate[] }[];
  /** Sentences about secrets, and about integrations that can't be restored. */
  readonly says: readonly string[];
  readonly obstacle?: string;
}

/** Grafana would store a placeholder for an unknown secret as the secret itself. So an integration that lacks one is not created again. */
export function restoredIntegrations(
  integrations: readonly LiveIntegration[],
  there: ReadonlyMap<string, LiveIntegration>,
  secrets: SecretValues,
): Restored {
  const all = integrations.map((one) => ({ one, fates: fatesOf(one, there.get(one.uid), secrets) }));
  const lost = (fates: readonly Fate[]) => fates.filter(({ send }) => send === undefined).map(({ what }) => what);
  const sent = all.filter(({ fates }) => lost(fates).length === 0);
  const rest = all.filter((one) => !sent.includes(one));
  const missing = rest.flatMap(({ fates }) => lost(fates)).join(", ");
  const says = sent.flatMap(({ fates }) => fates.flatMap((one) => one.says ?? []));
  if (rest.length === 0) return { sent, says };
  if (sent.length === 0 || rest.some(({ one }) => there.has(one.uid))) {
    const obstacle = `${missing} can't be restored; set the variable, or create the contact point manually`;
    return { sent, says, obstacle };
  }
  const names = listed(rest.map(({ one }) => `${one.type} (${one.uid})`));
  return { sent, says: [...says, `${names} can't be restored without ${missing}; add it in Grafana`] };
}
