import type { ResourceKind } from "../../engine/resource.ts";
import { textOf } from "../../util/json.ts";
import { groupFacts } from "../alerting/condition.ts";
import { objectsOf } from "../alerting/rule.ts";
import { folderUid } from "../folder/builder.ts";
import type { RuleGroup } from "./builder.ts";
import { comparison, desiredForm, observedForm } from "./canonical.ts";
import { checks } from "./checks.ts";
import { findGroup, listGroups, type LiveGroup } from "./live.ts";
import { lint } from "./lint.ts";
import { links } from "./panel-links.ts";
import { access } from "./permissions.ts";
import { groupReferences, usesOf } from "./references.ts";
import { RULE_RISKS } from "./risks.ts";
import { rollback } from "./rollback.ts";
import { RuleGroupSchema } from "./schema.ts";
import { foreign } from "./foreign.ts";
import { source } from "./source.ts";
import { sharedParts } from "./shared-parts.ts";
import { removeGroup, writeGroup } from "./write.ts";
import { mapping } from "./mapping.ts";

export const ruleGroupKind: ResourceKind<RuleGroup, LiveGroup> = {
  name: "rule-group",
  dependsOn: ["folder", "datasource", "contact-point", "mute-timing", "notification-policy", "dashboard"],
  marking: "ledger",
  idIs: "name",
  schema: RuleGroupSchema,
  access,

  id: ({ folder, title }, project) => `${folderUid(folder, project)}/${title}`,
  title: ({ title }) => title,
  references: groupReferences,

  list: listGroups,
  find: findGroup,

  desired: desiredForm,
  observed: observedForm,

  write: writeGroup,
  remove: removeGroup,
  rollback,

  mapping,
  checks,
  comparison,
  deletion: { uses: usesOf },
  links,
  lint,
  reading: {
    // The ruler omits the groups of folders that the credentials can't read.
    wouldBeListed: (id, everything) =>
      everything.get("folder")?.some((folder) => id.startsWith(`${folder.id}/`)) ?? false,
  },
  sharedParts,
  foreign,
  source,
  view: {
    section: { title: "Alerts", rank: 200 },
    risks: RULE_RISKS,
    facts: groupFacts,
    html: () => import("./view/html.ts"),
  },
  writing: {
    // Concurrent writes could lose a rule that moves between groups.
    queue: "rules",
    // A group may contain rules that others have not taken yet.
    parts: ({ interval, rules }) => ({
      interval: interval ?? null,
      ...Object.fromEntries(objectsOf(rules).map((rule) => [`rule ${textOf(rule["uid"])}`, rule])),
    }),
  },
};
