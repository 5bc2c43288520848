import type { ChecksFacet } from "../../engine/facets.ts";
import type { Desired } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import { clearSecrets } from "../alerting/integration-secrets.ts";
import { provenanceObstacle } from "../alerting/provenance.ts";
import { isOthers } from "../alerting/provisioned.ts";
import type { ContactPoint } from "./builder.ts";
import { integrationsOf } from "./integrations.ts";
import type { LiveContactPoint } from "./live.ts";
import { removalOf } from "./losses.ts";
import { unsupportedSettings } from "./supported.ts";

export const checks: ChecksFacet<ContactPoint, LiveContactPoint> = {
  code: (all) => [...repeatedUids(all), ...all.flatMap(secretsInClear)],
  supported: unsupportedSettings,
  obstacle(desired, live, all) {
    const provenance = provenanceObstacle("a contact point", live);
    if (provenance) return provenance;
    const mine = new Set(integrationsOf(desired).map(({ uid }) => uid));
    const holder = all.find(
      (other) => other.id !== desired.id && isOthers(other) && other.integrations.some(({ uid }) => mine.has(uid)),
    );
    return (
      holder &&
      `the uid of one of its integrations is used by the contact point "${holder.id}", which is not owned by this project`
    );
  },
  removal: removalOf,
  sideEffect(desired, _live, all) {
    const mine = new Set(integrationsOf(desired).map(({ uid }) => uid));
    const former = all.find((other) => other.id !== desired.id && other.integrations.some(({ uid }) => mine.has(uid)));
    return (
      former &&
      `contact-point/${former.id} loses the integrations with these uids; if none are left, Grafana updates all references to the new name`
    );
  },
};

/** Sent unchanged. Grafana never returns them, and no hash of them may be stored there. */
function secretsInClear({ resource, source }: Desired<ContactPoint>): Fault[] {
  return resource.integrations.flatMap(({ type, settings }, index) =>
    clearSecrets(type, settings).map((path): Fault => {
      const message =
        'a secret is in plain text in the code, so changes to it are not detected; use secret(env("NAME"))';
      return { level: "warning", ...source, path: `integrations[${index}].settings.${path}`, message };
    }),
  );
}

function repeatedUids(all: readonly Desired<ContactPoint>[]): Fault[] {
  const seen = new Map<string, string>();
  return all.flatMap((one) =>
    integrationsOf(one).flatMap(({ uid }, index): Fault[] => {
      const first = seen.get(uid);
      seen.set(uid, one.id);
      if (first === undefined) return [];
      const message = `the uid ${uid} is used by an integration of "${first}"`;
      return [{ level: "error", ...one.source, path: `integrations[${index}].uid`, message }];
    }),
  );
}
