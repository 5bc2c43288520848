import type { ChecksFacet } from "../../engine/facets.ts";
import type { Fault } from "../../util/errors.ts";
import { isObject, type JsonObject } from "../../util/json.ts";
import { quotedMatchers } from "../alerting/matchers.ts";
import { provenanceObstacle } from "../alerting/provenance.ts";
import { NAMED_TREES } from "../alerting/routing-tree.ts";
import type { NotificationPolicy } from "./builder.ts";
import { sharedObstacle, type LivePolicy } from "./live.ts";
import { unsupported } from "./named.ts";
import { namedTree } from "./tree.ts";

export const checks: ChecksFacet<NotificationPolicy, LivePolicy> = {
  onlyOne:
    "Grafana has one default policy tree for each organization, and one tree with each name. Move the policies of both into `routes` of one tree.",
  code: (all) =>
    all.flatMap(({ resource, source }) => {
      const tree = namedTree(resource);
      return [...routeFaults(tree), ...quotedFaults(tree)].map((fault) => ({ ...fault, ...source }));
    }),
  async supported(all, context) {
    const named = all.filter(({ resource }) => resource.name !== undefined);
    if (!context || context.grafana.toggles.has(NAMED_TREES)) return [];
    const why = unsupported(context.grafana.version);
    return named.map(({ source }) => ({
      level: "error",
      code: "grafana-named-policy-unsupported",
      ...source,
      path: "name",
      ...why,
    }));
  },
  removal(_desired, { ownership, tree }) {
    const routes = Array.isArray(tree["routes"]) ? tree["routes"].length : 0;
    if (ownership.state !== "foreign" || routes === 0) return undefined;
    return `replaces the existing tree (${routes} ${routes === 1 ? "route" : "routes"}), which a rollback restores`;
  },
  obstacle: (_desired, live) => sharedObstacle(live) ?? provenanceObstacle("the policy tree", live),
};

/** Matchers whose values Grafana would change. */
export function quotedFaults(tree: JsonObject): Fault[] {
  return quotedMatchers(tree).map(({ path, value, instead }) => ({
    level: "error",
    path,
    message: `the value ${value} begins or ends with a quote, which Grafana removes: the route would match other alerts`,
    hint: `Write the quote as a character class: ${instead}`,
  }));
}

/** `...` groups by all labels. Grafana rejects it together with other names as "bad request data". */
export function routeFaults(tree: JsonObject, path = ""): (Fault & { path: string })[] {
  const groupBy = Array.isArray(tree["group_by"]) ? tree["group_by"] : [];
  const at = path ? `${path}.group_by` : "group_by";
  const own: (Fault & { path: string })[] = [];
  if (groupBy.includes("...") && groupBy.length > 1)
    own.push({ level: "error", path: at, message: "... groups by all labels and can't be combined with others" });
  if (new Set(groupBy).size < groupBy.length)
    own.push({ level: "error", path: at, message: "contains the same label twice" });
  const routes = Array.isArray(tree["routes"]) ? tree["routes"].filter(isObject) : [];
  return [...own, ...routes.flatMap((route, index) => routeFaults(route, `${path ? `${path}.` : ""}routes[${index}]`))];
}
