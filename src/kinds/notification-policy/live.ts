import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import type { LiveObject } from "../../engine/model.ts";
import { Confirmation } from "../../grafana/ask.ts";
import { equal, hash, textOf, type JsonObject } from "../../util/json.ts";
import { readOr } from "../alerting/alertmanager.ts";
import { provisionedObject, type Provisioned } from "../alerting/provisioned.ts";
import { provisioningApi } from "../alerting/provisioning-api.ts";
import { canonicalRoute } from "../alerting/route.ts";
import { jsonObject } from "../alerting/rule.ts";

export const Tree = z.looseObject({ receiver: z.string(), provenance: z.string().default("") });

export interface LivePolicy extends LiveObject, Provisioned {
  readonly tree: JsonObject;
}

// The response to a deletion is the default tree.
export const policiesApi = provisioningApi("/api/v1/provisioning/policies", {
  object: Tree,
  replaced: Confirmation,
  removed: Tree,
});

/** An organization has one tree. */
export const ID = "default";

export const TITLE = "Notification policies";

const DEFAULT_RECEIVERS = ["empty", "grafana-default-email"];

export async function listPolicies(context: KindContext): Promise<LivePolicy[]> {
  const live = await readOr(context.grafana.client, undefined, () => readTree(context));
  return live === undefined || (isDefault(live.tree) && !isApplied(live, context)) ? [] : [live];
}

/** Whether the code has Grafana's default tree, so that it does not count as absent. */
function isApplied({ tree, applied, provenance }: LivePolicy, { grafana }: KindContext): boolean {
  return grafana.marks ? applied?.contentHash === hash(canonicalRoute(tree)) : provenance === "api";
}

export async function readTree(context: KindContext): Promise<LivePolicy> {
  return livePolicy(await policiesApi.read(context.grafana.client), context);
}

export function livePolicy({ provenance, ...rest }: z.infer<typeof Tree>, context: KindContext): LivePolicy {
  const tree = jsonObject(rest);
  return {
    ...provisionedObject(context, {
      kind: "notification-policy",
      id: ID,
      title: TITLE,
      version: hash(tree),
      provenance,
    }),
    tree,
  };
}

/** Grafana's unmodified default tree, which counts as absent. */
export function isDefault(tree: JsonObject): boolean {
  const { receiver, group_by: groupBy, ...rest } = canonicalRoute(tree);
  const grouped = groupBy === undefined || equal(groupBy, ["grafana_folder", "alertname"]);
  return DEFAULT_RECEIVERS.includes(textOf(receiver)) && grouped && Object.keys(rest).length === 0;
}
