import type { SharedPartsFacet } from "../../engine/facets.ts";
import { equal } from "../../util/json.ts";
import type { ContactPoint } from "./builder.ts";
import { observedIntegration } from "./canonical.ts";
import { identified } from "./identified.ts";
import { integrationsOf } from "./integrations.ts";
import type { LiveContactPoint, LiveIntegration } from "./live.ts";
import { hideAll, sealedIn } from "./secrets.ts";

export const sharedParts: SharedPartsFacet<ContactPoint, LiveContactPoint> = {
  taken: (desired) => integrationsOf(desired).map(({ uid }) => uid),
  held: ({ integrations }) => integrations.map(({ uid }) => uid),
  identified,
  renamesUsers: true,
  lostOnly(before, live) {
    const places = sealedIn(before);
    const form = (one: LiveIntegration) => hideAll(observedIntegration(one), places);
    const was = new Map(before.integrations.map((one) => [one.uid, form(one)]));
    return live.integrations.every((one) => equal(was.get(one.uid), form(one)));
  },
};
