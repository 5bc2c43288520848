import type { SecretsFacet } from "../../engine/facets.ts";
import { secretsIn, type SecretUse } from "../../secrets/secret.ts";
import type { Datasource } from "./builder.ts";
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
};

export function secretsOf({ secureJsonData = {} }: Datasource): SecretUse[] {
  return secretsIn(secureJsonData, ["secureJsonData"]);
}
