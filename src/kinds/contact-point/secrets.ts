import type { SecretsFacet } from "../../engine/facets.ts";
import type { Desired } from "../../engine/model.ts";
import { addressesIn } from "../../secrets/addresses.ts";
import { HIDDEN, secretsIn, type SecretUse } from "../../secrets/secret.ts";
import { isObject, type Json, type JsonObject } from "../../util/json.ts";
import { integrationType } from "../alerting/integration-secrets.ts";
import type { ContactPoint } from "./builder.ts";
import { integrationsOf } from "./integrations.ts";
import { REDACTED, type LiveContactPoint } from "./live.ts";
import { valueAt, withAt, type Path } from "../../secrets/paths.ts";

export const secrets: SecretsFacet<ContactPoint, LiveContactPoint> = {
  place: "a contact point's settings",
  sentAlways: true,
  uses: ({ integrations }) => secretsIn(integrations, ["integrations"]),
  places: secretPlaces,
  redactLike: (form, desired) => hideSecrets(form, desired),
  hide: hideAll,
  inSnapshot: sealedIn,
  // Grafana returns few secrets, such as a webhook's URL.
  shown(live, { path, within }) {
    const settings = live.integrations.find(({ uid }) => uid === within)?.settings;
    const shown = valueAt(settings, path.slice(SETTINGS));
    return typeof shown === "string" && shown !== REDACTED ? shown : undefined;
  },
  addresses: (form, { within }) =>
    integrationsIn(form)
      .filter(({ uid }) => within === undefined || uid === within)
      .map(({ type = null, settings }) => [type, addressesIn(settings)]),
};

/** A path begins with `integrations`, a number, and `settings`. */
export const SETTINGS = 3;

function secretPlaces(desired: Pick<Desired<ContactPoint>, "resource" | "project">): SecretUse[] {
  return integrationsOf(desired).flatMap(({ uid, settings }, index) =>
    secretsIn(settings, ["integrations", index, "settings"]).map((use) => ({ ...use, within: uid })),
  );
}

export function sealedIn({ integrations }: LiveContactPoint): SecretUse[] {
  return integrations.flatMap(({ uid, settings }, index) =>
    secretsIn(settings, ["integrations", index, "settings"]).map((use) => ({ ...use, within: uid })),
  );
}

/** Hides live values at the places of the code's secrets, because Grafana returns a webhook's URL in plain text. */
export function hideSecrets(form: JsonObject, desired: Desired<ContactPoint>): JsonObject {
  const own = integrationsOf(desired);
  const places = secretPlaces(desired);
  return inSettings(form, (settings, uid, type) => {
    const known = own.some((one) => one.uid === uid);
    // An integration with another uid may contain what the code now sends under its own.
    const alike = own.filter((one) => (known ? one.uid === uid : integrationType(one.type) === type));
    return alike.flatMap((one) => settingsPaths(places, one.uid)).reduce(hideAt, settings);
  });
}

export function hideAll(form: JsonObject, places: readonly SecretUse[]): JsonObject {
  return inSettings(form, (settings, uid) => settingsPaths(places, uid).reduce(hideAt, settings));
}

function inSettings(
  form: JsonObject,
  change: (settings: Json, uid: Json | undefined, type: Json | undefined) => Json,
): JsonObject {
  return {
    ...form,
    integrations: integrationsIn(form).map((one) => ({
      ...one,
      settings: change(one["settings"] ?? {}, one["uid"], one["type"]),
    })),
  };
}

function integrationsIn(form: JsonObject): JsonObject[] {
  return Array.isArray(form["integrations"]) ? form["integrations"].filter(isObject) : [];
}

/** The places of secrets in the settings of an integration. */
function settingsPaths(places: readonly SecretUse[], uid: Json | undefined): Path[] {
  return places.filter(({ within }) => within === uid).map(({ path }) => path.slice(SETTINGS));
}

function hideAt(value: Json, path: Path): Json {
  return withAt(value, path, HIDDEN) as Json;
}
