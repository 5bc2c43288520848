import type { Desired } from "../../engine/model.ts";
import { HIDDEN } from "../../secrets/secret.ts";
import { isObject, withoutNulls, type Json, type JsonObject } from "../../util/json.ts";
import { integrationType, withSecretsHidden } from "../alerting/integration-secrets.ts";
import { withProvenance } from "../alerting/provenance.ts";
import { jsonObject } from "../alerting/rule.ts";
import type { ContactPoint } from "./builder.ts";
import { integrationsOf } from "./integrations.ts";
import { REDACTED, type LiveContactPoint, type LiveIntegration } from "./live.ts";

export function desiredForm(desired: Omit<Desired<ContactPoint>, "hash">, live?: LiveContactPoint): JsonObject {
  const form = canonical(
    integrationsOf(desired).map((one) => {
      const before = live?.integrations.find(({ uid }) => uid === one.uid);
      return { ...one, settings: hideUnreadable(jsonObject(one.settings), jsonObject(before?.settings)) };
    }),
  );
  return withProvenance(form, live, live?.wantedProvenance);
}

export function observedForm(live: LiveContactPoint): JsonObject {
  return withProvenance(canonical(live.integrations.map(withRedactedHidden)), live, live.provenance);
}

/** One integration of a live contact point. */
export function observedIntegration(one: LiveIntegration): JsonObject {
  return canonical([withRedactedHidden(one)]);
}

function canonical(
  integrations: readonly { uid: string; type: string; settings?: unknown; disableResolveMessage?: boolean }[],
): JsonObject {
  return {
    integrations: integrations
      .map(({ uid, type, settings, disableResolveMessage }) => ({
        uid,
        type: integrationType(type),
        settings: withSecretsHidden(type, jsonObject(withoutNulls(jsonObject(settings)))),
        ...(disableResolveMessage === true ? { disableResolveMessage } : {}),
      }))
      .toSorted((a, b) => (a.uid < b.uid ? -1 : 1)),
  };
}

function withRedactedHidden(one: LiveIntegration): LiveIntegration {
  return { ...one, settings: jsonObject(hideWhere(jsonObject(one.settings), (value) => value === REDACTED)) };
}

function hideWhere(value: Json, hidden: (value: Json) => boolean): Json {
  if (hidden(value)) return HIDDEN;
  if (Array.isArray(value)) return value.map((item) => hideWhere(item, hidden));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hideWhere(item, hidden)]));
}

/** Grafana hides secrets of types that this tool does not know, so their values can't be compared. An empty one counts as absent. */
function hideUnreadable(wanted: Json, live: Json | undefined): Json {
  if (live === REDACTED && wanted !== "" && wanted !== null) return HIDDEN;
  if (!isObject(wanted)) return wanted;
  return Object.fromEntries(
    Object.entries(wanted).map(([key, item]) => [key, hideUnreadable(item, isObject(live) ? live[key] : undefined)]),
  );
}
