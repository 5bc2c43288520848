import type { SecretsFacet } from "../../engine/facets.ts";
import { addressesIn } from "../../secrets/addresses.ts";
import { placeKey, secretsIn, type SecretUse } from "../../secrets/secret.ts";
import { equal, isObject, textOf, type Json, type JsonObject } from "../../util/json.ts";
import { secretKeys } from "./body.ts";
import type { Datasource } from "./builder.ts";
import { desiredForm, observedForm } from "./canonical.ts";
import type { LiveDatasource } from "./live.ts";

export const secrets: SecretsFacet<Datasource, LiveDatasource> = {
  place: "a datasource's secureJsonData",
  sentAlways: false,
  uses: secretsOf,
  // Secrets that were set manually are kept if the code has none.
  redactLike(form, { resource }) {
    const { secureJsonData: _, ...rest } = form;
    return resource.secureJsonData ? form : rest;
  },
  inSnapshot: ({ body }) => secretsIn(body["secureJsonData"], ["secureJsonData"]),
  addresses: addressesOf,
  resends(desired, live) {
    const sent = new Map(live.applied?.places?.map((place) => [placeKey(place), place.variable]));
    const there = new Set(secretKeys(live.body));
    const uses = secretsOf(desired.resource).filter(({ path }) => there.has(textOf(path.at(-1))));
    return (
      uses.some((use) => sent.get(placeKey(use)) !== use.variable) ||
      !equal(addressesOf(desiredForm(desired, live)), addressesOf(observedForm(live)))
    );
  },
};

export function secretsOf({ secureJsonData = {} }: Datasource): SecretUse[] {
  return secretsIn(secureJsonData, ["secureJsonData"]);
}

/** Settings with links, which Grafana sends no secrets to. */
const LINKS = ["derivedFields", "exemplarTraceIdDestinations"];

/** With `access: "direct"`, Grafana sends the password to browsers. */
export function addressesOf({ type = null, url = null, access = null, jsonData }: JsonObject): Json {
  const settings = Object.entries(isObject(jsonData) ? jsonData : {}).filter(([key]) => !LINKS.includes(key));
  return [type, url, access, addressesIn(Object.fromEntries(settings))];
}
