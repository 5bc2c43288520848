import type { RollbackFacet } from "../../engine/facets.ts";
import type { JsonObject } from "../../util/json.ts";
import { quotedMatchers } from "../alerting/matchers.ts";
import { provenanceLimits, restoreHeaders, withoutProvenance } from "../alerting/provenance.ts";
import { livePolicy, sharedObstacle, Snapshot, type LivePolicy } from "./live.ts";
import { saveNamed } from "./named.ts";
import { savePolicy } from "./write.ts";

export const rollback: RollbackFacet<LivePolicy> = {
  snapshot: ({ tree, provenance, name }) => ({ ...tree, provenance, ...(name === undefined ? {} : { name }) }),
  restoreSnapshot: (context, snapshot) => livePolicy(Snapshot.parse(snapshot), context),
  content: withoutProvenance,
  limits(restore) {
    const obstacle = sharedObstacle(restore.live) ?? quotedLimit(restore.before.tree);
    return obstacle === undefined ? provenanceLimits("the policy tree", restore) : { losses: [], obstacle };
  },
  restore: (context, { before, live }) =>
    before.name === undefined
      ? savePolicy(context, before.tree, live, restoreHeaders(before, live))
      : saveNamed(context, before.name, before.tree, live),
};

/** Why Grafana can't store these routes as they were. */
export function quotedLimit(tree: JsonObject): string | undefined {
  const [lost] = quotedMatchers(tree).filter(({ path }) => path.includes("object_matchers"));
  if (!lost) return undefined;
  const obstacle = `Grafana would store the value of ${lost.path} without its quotes, and the route would match other alerts`;
  return `${obstacle}; define the tree in the code with ${lost.instead}`;
}
