import type { ChecksFacet } from "../../engine/facets.ts";
import { address, type Desired } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import { listed } from "../../util/plural.ts";
import { textOf } from "../../util/json.ts";
import { isOthers } from "../alerting/provisioned.ts";
import { TREE_LABEL } from "../alerting/routing-tree.ts";
import { ruleFaults } from "../alerting/rule.ts";
import type { RuleGroup } from "./builder.ts";
import type { LiveGroup } from "./live.ts";
import { panelFaults } from "./panel-links.ts";
import { rulesOf, treeOf } from "./rules.ts";

export const checks: ChecksFacet<RuleGroup, LiveGroup> = {
  code: (all, everything) => [
    ...all.flatMap(groupFaults),
    ...all.flatMap(treeFaults),
    ...all.flatMap((group) => panelFaults(group, everything)),
    ...repeatedRules(all),
  ],
  obstacle(desired, _live, all) {
    const mine = new Set(rulesOf(desired).map(({ uid }) => uid));
    for (const group of all) {
      if (group.id === desired.id || !isOthers(group)) continue;
      const taken = group.rules.find(({ uid }) => mine.has(uid));
      if (taken)
        return `the rule ${textOf(taken["uid"])} is in ${address({ kind: "rule-group", id: group.id })}, which is not owned by this project; change the uid of this rule, or delete the other one first`;
    }
    return undefined;
  },
  removal(desired, { ownership, rules }) {
    if (ownership.state !== "foreign") return undefined;
    const mine = new Set(rulesOf(desired).map(({ uid }) => uid));
    const titles = rules.filter(({ uid }) => !mine.has(uid)).map(({ title }) => `"${textOf(title)}"`);
    if (titles.length === 0) return undefined;
    const what = titles.length === 1 ? "the rule" : "the rules";
    return `removes ${what} ${listed(titles)}; a rollback creates ${titles.length === 1 ? "it" : "them"} again, without history and state`;
  },
  sideEffect(desired, _live, all) {
    const mine = new Set(rulesOf(desired).map(({ uid }) => uid));
    const moved = all.flatMap((group) =>
      group.id === desired.id
        ? []
        : group.rules.filter(({ uid }) => mine.has(uid)).map((rule) => `"${textOf(rule["title"])}" from ${group.id}`),
    );
    return moved.length > 0 ? `moves ${moved.join(", ")}, with history and state` : undefined;
  },
};

function groupFaults(group: Desired<RuleGroup>): Fault[] {
  return rulesOf(group).flatMap((rule, index) =>
    ruleFaults(rule).map(({ path, ...fault }) => ({
      level: "error" as const,
      ...group.source,
      ...fault,
      path: `rules[${index}].${path}`,
    })),
  );
}

/** Grafana notifies the contact point of a rule directly, and reads the tree from one label. */
function treeFaults({ resource, source }: Desired<RuleGroup>): Fault[] {
  return resource.rules.flatMap((rule, index): Fault[] => {
    if (treeOf(rule) === undefined) return [];
    const path = `rules[${index}].notificationPolicy`;
    const clash = "notification_settings" in rule && rule.notification_settings ? "notification_settings" : undefined;
    const label = rule.labels?.[TREE_LABEL] === undefined ? undefined : `the label ${TREE_LABEL}`;
    return [clash, label].flatMap((other): Fault[] =>
      other === undefined
        ? []
        : [
            {
              level: "error",
              ...source,
              path,
              message: `can't be combined with ${other}, which also decides who is notified`,
              hint: "Remove one of the two.",
            },
          ],
    );
  });
}

function repeatedRules(all: readonly Desired<RuleGroup>[]): Fault[] {
  const seen = new Map<unknown, Desired<RuleGroup>>();
  return all.flatMap((group) =>
    rulesOf(group).flatMap((rule, index): Fault[] => {
      const first = seen.get(rule["uid"]);
      seen.set(rule["uid"], first ?? group);
      if (!first) return [];
      const message = `the uid ${textOf(rule["uid"])} is used by another rule in ${address(first)} (${first.source.file})`;
      return [{ level: "error", ...group.source, path: `rules[${index}].uid`, message }];
    }),
  );
}
