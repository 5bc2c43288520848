import { changedSincePlan } from "../../engine/conflicts.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import type { JsonObject } from "../../util/json.ts";
import { untilConfigured } from "../alerting/alertmanager.ts";
import { removalHeaders } from "../alerting/provenance.ts";
import { onlyRenamed } from "../alerting/renamed-receivers.ts";
import { removeNamed } from "./named.ts";
import { ID, isDefault, policiesApi, readTree, type LivePolicy } from "./live.ts";

export async function savePolicy(
  context: KindContext,
  body: JsonObject,
  live: LivePolicy | undefined,
  headers: Record<string, string>,
): Promise<void> {
  await untilConfigured(context.grafana.client);
  // The API has no versions, so a lost update is unlikely but possible.
  const now = await readTree(context);
  const free = live ? await onlyRenamed(context, live.tree, now.tree) : isDefault(now.tree);
  if (!free) throw changedSincePlan({ kind: "notification-policy", id: ID });
  await policiesApi.replace(context.grafana.client, { body, headers });
}

export async function removePolicy(context: KindContext, live: LivePolicy): Promise<void> {
  if (live.name !== undefined) return removeNamed(context, live);
  const now = await readTree(context);
  if (isDefault(now.tree)) return;
  if (!(await onlyRenamed(context, live.tree, now.tree)))
    throw changedSincePlan({ kind: "notification-policy", id: ID });
  await policiesApi.remove(context.grafana.client, { headers: removalHeaders(live) });
}
