import { changedSincePlan } from "../../engine/conflicts.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import { GrafanaError, HalfDone } from "../../grafana/errors.ts";
import { revealed } from "../../secrets/secret.ts";
import { provenanceHeaders, removalHeaders } from "../alerting/provenance.ts";
import type { ContactPoint } from "./builder.ts";
import { integrationsOf, type IntegrationWithUid } from "./integrations.ts";
import {
  integrationsApi,
  liveContactPoint,
  readIntegrations,
  versionOf,
  type LiveContactPoint,
  type LiveIntegration,
} from "./live.ts";
import { progressOf, type Progress } from "./progress.ts";

export function writeContactPoint(context: KindContext, write: Write<ContactPoint, LiveContactPoint>): Promise<void> {
  return saveContactPoint(context, {
    id: write.desired.id,
    live: write.live,
    integrations: integrationsOf(write.desired),
    headersOf: () => provenanceHeaders(context, write.live),
    stays: () => false,
    ...(write.resumed ? { progress: (now) => progressOf(write, now) } : {}),
  });
}

interface Saving {
  readonly id: string;
  readonly live: LiveContactPoint | undefined;
  readonly integrations: readonly IntegrationWithUid[];
  /** For one request. `there`: the current integration, which may have another name. */
  readonly headersOf: (there: LiveIntegration | undefined) => Record<string, string>;
  /** Whether an integration that is not among these is left for another contact point. */
  readonly stays: (uid: string) => boolean;
  /** How much of an earlier attempt succeeded. */
  readonly progress?: (now: LiveContactPoint) => Progress;
}

export async function saveContactPoint(
  context: KindContext,
  { id, live, integrations, headersOf, stays, progress }: Saving,
): Promise<void> {
  const all = await readIntegrations(context);
  const now = all.filter(({ name }) => name === id);
  // The API has no versions, so a lost update is unlikely but possible.
  const former = progress?.(liveContactPoint(id, now, context));
  const free = former?.ours === true || versionOf(now) === (live?.version ?? versionOf([]));
  if (!free) throw changedSincePlan({ kind: "contact-point", id });
  const { client } = context.grafana;
  let carriedOut = 0;
  const carryOut = async (request: () => Promise<void>) => {
    try {
      await request();
      carriedOut++;
    } catch (error) {
      if (carriedOut === 0 || !(error instanceof GrafanaError)) throw error;
      const message = `${error.message} (after ${carriedOut} of the requests for contact-point/${id} had succeeded)`;
      throw new HalfDone(message, {
        exitCode: error.exitCode,
        outcomeUnknown: error.outcomeUnknown,
        retryAfter: error.retryAfter,
        hint: "Run the command again to continue.",
      });
    }
  };
  for (const one of integrations) {
    if (former?.done.has(one.uid)) continue;
    const body = { ...one, name: id, settings: revealed(one.settings, (variable) => context.secrets.read(variable)) };
    const there = all.find(({ uid }) => uid === one.uid);
    const headers = headersOf(there);
    if (there) await carryOut(() => integrationsApi.replace(client, { name: one.uid, body, headers }));
    else await carryOut(() => integrationsApi.create(client, { body, headers }));
  }
  for (const one of now) {
    if (integrations.some(({ uid }) => uid === one.uid) || stays(one.uid)) continue;
    await carryOut(() => integrationsApi.remove(client, { name: one.uid, headers: removalHeaders(one) }));
  }
}
