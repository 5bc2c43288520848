import { addressesIn } from "../../secrets/addresses.ts";
import { HIDDEN, placeKey, Secret, secretsIn, type SecretUse } from "../../secrets/secret.ts";
import type { SecretValues } from "../../secrets/values.ts";
import { equal, type Json } from "../../util/json.ts";
import { listed } from "../../util/plural.ts";
import { jsonObject } from "../alerting/rule.ts";
import { originAt } from "./backup.ts";
import { REDACTED, type LiveIntegration } from "./live.ts";
import { pathsOf, valueAt, withAt, type Path } from "../../secrets/paths.ts";

/** How a secret of a restored integration is set. */
interface Fate {
  readonly path: Path;
  /** `url of ops1` */
  readonly what: string;
  /** Absent if it is unknown. */
  readonly send?: Json;
  readonly says?: string;
  /** A variable that could set it. */
  readonly variable?: string;
}

/** The current state of Grafana. */
interface Current {
  /** The integrations by uid. */
  readonly there: ReadonlyMap<string, LiveIntegration>;
  /** Where the project sent secrets to them. */
  readonly sentPlaces: readonly SecretUse[];
  readonly secrets: SecretValues;
}

function fatesOf(one: LiveIntegration, { there, sentPlaces, secrets }: Current): Fate[] {
  const settings = jsonObject(one.settings);
  const known = secretsIn(one.settings ?? {});
  const shown = pathsOf(settings, REDACTED).map((path) => ({ path, variable: undefined }));
  const all = [...known, ...shown];
  const live = there.get(one.uid);
  const current = live && jsonObject(live.settings);
  const addresses = (form: Json | undefined) =>
    addressesIn(all.reduce<unknown>((hidden, { path }) => withAt(hidden, path, HIDDEN), form) as Json | undefined);
  const sameAddress =
    one.type === live?.type && equal(addresses(settings), addresses(current)) && readdressed(one, live).length === 0;
  const sent = new Map(sentPlaces.map((place) => [placeKey(place), place.variable]));
  return all.map(({ path, variable }): Fate => {
    const what = `the secret ${path.join(".")} of ${one.uid}`;
    const value = variable === undefined ? undefined : secrets.read(variable);
    if (value !== undefined)
      return { path, what, send: value, says: `${what} is set to the current value of ${variable}` };
    const unset = variable === undefined ? { path, what } : { path, what: `${what} (${variable})`, variable };
    // Grafana keeps a secret that is sent back as `[REDACTED]`, but not one inside another setting.
    const now = current && valueAt(current, path);
    if (typeof now !== "string" || (now === REDACTED && path.length > 1)) return unset;
    // The secret of another variable, or for another address, is not the former one.
    const currentVariable = sent.get(
      placeKey({ path: ["integrations", 0, "settings", ...path], variable: "", within: one.uid }),
    );
    const isFormer = currentVariable === undefined ? sameAddress : currentVariable === variable;
    return isFormer ? { ...unset, send: now, says: `${unset.what} is kept` } : unset;
  });
}

/** The secrets of a backup at whose places Grafana has a text with another origin, such as the URL of another host. */
function readdressed(one: LiveIntegration, live: LiveIntegration | undefined) {
  if (!live) return [];
  return secretsIn(one.settings ?? {}).flatMap(({ path }) => {
    const known = valueAt(one.settings, path);
    const origin = known instanceof Secret ? known.origin : undefined;
    return origin === undefined || origin === originAt(live.settings, path) ? [] : [{ path, origin }];
  });
}

/** An integration with the origins in place of secrets that Grafana has for another address. */
export function withOrigins(one: LiveIntegration, live: LiveIntegration | undefined): LiveIntegration {
  const changed = readdressed(one, live);
  if (changed.length === 0) return one;
  const settings = changed.reduce<unknown>((form, { path, origin }) => withAt(form, path, origin), one.settings);
  return { ...one, settings: settings as LiveIntegration["settings"] };
}

/** How the integrations of a contact point are restored. */
interface Restored {
  readonly sent: readonly { readonly one: LiveIntegration; readonly fates: readonly Fate[] }[];
  /** Sentences about secrets, and about integrations that can't be restored. */
  readonly says: readonly string[];
  readonly obstacle?: string;
}

/** Grafana would store a placeholder for an unknown secret as the secret itself. So an integration that lacks one is not created again. */
export function restoredIntegrations(integrations: readonly LiveIntegration[], current: Current): Restored {
  const all = integrations.map((one) => ({ one, fates: fatesOf(one, current) }));
  const lost = (fates: readonly Fate[]) => fates.filter(({ send }) => send === undefined);
  const sent = all.filter(({ fates }) => lost(fates).length === 0);
  const rest = all.filter((one) => !sent.includes(one));
  const unknown = rest.flatMap(({ fates }) => lost(fates));
  const missing = unknown.map(({ what }) => what).join(", ");
  const says = sent.flatMap(({ fates }) => fates.flatMap((one) => one.says ?? []));
  if (rest.length === 0) return { sent, says };
  if (sent.length === 0 || rest.some(({ one }) => current.there.has(one.uid))) {
    const fix = unknown.every(({ variable }) => variable !== undefined)
      ? "set the variable, or restore the contact point in Grafana"
      : "restore the contact point in Grafana";
    return { sent, says, obstacle: `${missing} can't be restored, because its value is unknown; ${fix}` };
  }
  const names = listed(rest.map(({ one }) => `${one.type} (${one.uid})`));
  return { sent, says: [...says, `${names} can't be restored without ${missing}; add it in Grafana`] };
}
