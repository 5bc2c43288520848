import { z } from "zod";
import type { RollbackFacet } from "../../engine/facets.ts";
import { removalHeaders } from "../alerting/provenance.ts";
import { canonicalRule, jsonObject } from "../alerting/rule.ts";
import { liveGroup, type LiveGroup } from "./live.ts";
import { uidsIn } from "./rules.ts";
import { saveGroup } from "./write.ts";

export const rollback: RollbackFacet<LiveGroup> = {
  snapshot: ({ parent, group, interval, rules, provenance }) => ({
    folder: parent,
    title: group,
    interval,
    rules: [...rules],
    provenance,
  }),
  restoreSnapshot(context, snapshot) {
    const { folder, title, interval, rules, provenance } = Snapshot.parse(snapshot);
    const version = "";
    return liveGroup(
      { parent: folder, group: title, interval, rules: rules.map(jsonObject), provenance, version },
      context,
    );
  },
  content: (observed, { provenance }) => ({ ...observed, provenance: provenance || "none" }),
  limits({ before, live, fromBackup }, { all }) {
    const there = new Set([...(live ? [live] : []), ...all].flatMap((group) => uidsIn(group.rules)));
    const gone = uidsIn(before.rules).filter((uid) => !there.has(uid));
    return {
      losses: gone.length > 0 && !fromBackup ? ["deleted rules are restored without their history and state"] : [],
    };
  },
  restore: (context, { before, live, siblings = [] }) =>
    saveGroup(context, {
      id: before.id,
      live,
      group: { ...before, rules: before.rules.map(canonicalRule) },
      others: siblings.filter(({ id }) => id !== before.id).flatMap(({ rules }) => uidsIn(rules)),
      headers: removalHeaders(before),
    }),
};

const Snapshot = z.strictObject({
  folder: z.string(),
  title: z.string(),
  interval: z.number(),
  rules: z.array(z.looseObject({ uid: z.string() })),
  provenance: z.string(),
});
