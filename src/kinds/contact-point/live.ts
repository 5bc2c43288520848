import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import type { LiveObject } from "../../engine/model.ts";
import { Confirmation } from "../../grafana/ask.ts";
import { lockedByCloud } from "../../ownership/cloud.ts";
import { hash } from "../../util/json.ts";
import { provisionedObject, type Provisioned } from "../alerting/provisioned.ts";
import { provisioningApi } from "../alerting/provisioning-api.ts";
import { jsonObject } from "../alerting/rule.ts";

/** Grafana lists integrations. A contact point consists of all integrations with the same name. */
export const LiveIntegration = z.looseObject({
  uid: z.string().default(""),
  name: z.string(),
  type: z.string(),
  settings: z.record(z.string(), z.unknown()).nullish(),
  disableResolveMessage: z.boolean().default(false),
  provenance: z.string().default(""),
});

export type LiveIntegration = z.infer<typeof LiveIntegration>;

export interface LiveContactPoint extends LiveObject, Provisioned {
  readonly integrations: readonly LiveIntegration[];
}

export const integrationsApi = provisioningApi("/api/v1/provisioning/contact-points", {
  object: LiveIntegration,
  replaced: Confirmation,
  removed: Confirmation,
});

/** What Grafana returns in place of a secret. */
export const REDACTED = "[REDACTED]";

export async function listContactPoints(context: KindContext): Promise<LiveContactPoint[]> {
  const integrations = await readIntegrations(context);
  return [...Map.groupBy(integrations, ({ name }) => name)].map(([name, own]) =>
    lockedByCloud(context, liveContactPoint(name, own, context)),
  );
}

export async function findContactPoint(context: KindContext, id: string): Promise<LiveContactPoint | undefined> {
  const own = (await readIntegrations(context)).filter(({ name }) => name === id);
  return own.length === 0 ? undefined : lockedByCloud(context, liveContactPoint(id, own, context));
}

/** The integrations of all contact points. */
export function readIntegrations({ grafana }: KindContext): Promise<LiveIntegration[]> {
  return integrationsApi.list(grafana.client);
}

export function liveContactPoint(
  name: string,
  integrations: readonly LiveIntegration[],
  context: KindContext,
): LiveContactPoint {
  const provenance = integrations[0]?.provenance ?? "";
  const version = versionOf(integrations);
  return {
    ...provisionedObject(context, { kind: "contact-point", id: name, version, provenance }),
    integrations,
  };
}

export function versionOf(integrations: readonly LiveIntegration[]): string {
  return hash(integrations.map((one) => jsonObject(one)));
}
