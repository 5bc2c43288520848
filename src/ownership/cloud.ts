import type { KindContext } from "../engine/kind-context.ts";
import type { LiveObject } from "../engine/model.ts";

/** Ids and titles of what Grafana Cloud provisions in every stack. */
const NAMES = /^grafana-?cloud|^grafana-default-email$/i;

/** Locks an object that Grafana Cloud provisions, so that no plan offers to adopt or delete it. */
export function lockedByCloud<Live extends LiveObject>({ grafana }: Pick<KindContext, "grafana">, live: Live): Live {
  const isCloud = grafana.organization.startsWith("stacks-");
  if (!isCloud || live.ownership.state === "ours" || !(NAMES.test(live.id) || NAMES.test(live.title))) return live;
  const why = "it is provisioned in every stack; refer to it with `existing` in the code";
  return { ...live, ownership: { state: "locked", manager: "Grafana Cloud", why } };
}
