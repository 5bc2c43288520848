import { z } from "zod";
import type { HiddenPlace, RollbackFacet } from "../../engine/facets.ts";
import { Rejected } from "../../grafana/errors.ts";
import { ShownText } from "../../secrets/encrypted-text.ts";
import { Secret } from "../../secrets/secret.ts";
import type { SecretValues } from "../../secrets/values.ts";
import { EXIT } from "../../util/errors.ts";
import { provenanceLimits, restoreHeaders, withoutProvenance } from "../alerting/provenance.ts";
import { jsonObject } from "../alerting/rule.ts";
import { liveContactPoint, LiveIntegration, readIntegrations, REDACTED, type LiveContactPoint } from "./live.ts";
import { valueAt, withAt } from "../../secrets/paths.ts";
import { restoredIntegrations, withOrigins } from "./restored-secrets.ts";
import { SETTINGS } from "./secrets.ts";
import { saveContactPoint } from "./write.ts";

export const rollback: RollbackFacet<LiveContactPoint> = {
  snapshot: ({ id, integrations }, places, secrets) => ({
    name: id,
    integrations: integrations.map((one) => ({ ...jsonObject(one), settings: sealedSettings(one, places, secrets) })),
  }),
  restoreSnapshot(context, snapshot) {
    const { name, integrations } = Snapshot.parse(snapshot);
    return liveContactPoint(name, integrations, context);
  },
  content: withoutProvenance,
  limits(restore, { all, secrets }) {
    const { before, sentPlaces = [] } = restore;
    const { losses } = provenanceLimits("a contact point", restore);
    const there = new Map(all.flatMap(({ integrations }) => integrations.map((one) => [one.uid, one] as const)));
    const { says, obstacle } = restoredIntegrations(before.integrations, { there, sentPlaces, secrets });
    return { losses: [...losses, ...says], ...(obstacle ? { obstacle } : {}) };
  },
  result({ before, live, sentPlaces = [] }, secrets) {
    const there = new Map(live?.integrations.map((one) => [one.uid, one]));
    const { sent } = restoredIntegrations(before.integrations, { there, sentPlaces, secrets });
    return { ...before, integrations: sent.map(({ one }) => withOrigins(one, there.get(one.uid))) };
  },
  async restore(context, { before, live, siblings = [], sentPlaces = [] }) {
    const there = new Map((await readIntegrations(context)).map((one) => [one.uid, one]));
    const others = siblings.filter(({ id }) => id !== before.id).flatMap(({ integrations }) => integrations);
    const { secrets } = context;
    const { sent, obstacle } = restoredIntegrations(before.integrations, { there, sentPlaces, secrets });
    if (obstacle) throw new Rejected(`contact-point/${before.id}: ${obstacle}`, { exitCode: EXIT.failure });
    const integrations = sent.map(({ one, fates }) => {
      const { uid, type, disableResolveMessage } = one;
      const settings = fates.reduce<unknown>(
        (form, { path, send = "" }) => withAt(form, path, send),
        jsonObject(one.settings),
      );
      return { uid, type, settings: jsonObject(settings), disableResolveMessage };
    });
    await saveContactPoint(context, {
      id: before.id,
      live,
      integrations,
      headersOf: (one) => restoreHeaders(before, one),
      // Its secrets are kept if it is taken over before its former contact point releases it.
      stays: (uid) => others.some((one) => one.uid === uid),
    });
  },
};

const Snapshot = z.strictObject({ name: z.string(), integrations: z.array(LiveIntegration) });

/** Settings with `Secret`s in place of their values. A place without `within` matches any integration with the same value. */
function sealedSettings(one: LiveIntegration, places: readonly HiddenPlace[], secrets: SecretValues): unknown {
  const settings = jsonObject(one.settings);
  const known = new Set(places.map(({ within }) => within));
  return places.reduce<unknown>((form, { path: whole, variable, within, ...about }) => {
    const { unsure, unowned, unproven, readdressed, edited } = about;
    const path = whole.slice(SETTINGS);
    const value = valueAt(settings, path);
    if (value === undefined || (within === undefined ? known.has(one.uid) : within !== one.uid)) return form;
    const given = secrets.given(variable);
    const isText = typeof value === "string" && value !== REDACTED;
    // What Grafana returns in plain text is not this secret, so only the record can restore it.
    if ((unsure || (unowned && isText)) && value !== given) return form;
    if (unproven) return withAt(form, path, REDACTED);
    if (isText && given !== undefined && (edited || unowned || readdressed))
      return withAt(form, path, new ShownText(variable, value));
    const isSent = (within !== undefined || value === given) && !unowned && !readdressed;
    return withAt(form, path, isSent ? new Secret(variable) : REDACTED);
  }, settings);
}
