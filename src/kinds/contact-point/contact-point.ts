import { diff } from "../../engine/diff.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { NOTIFICATION_ACCESS, NOTIFICATIONS } from "../alerting/notifications.ts";
import { withoutProvenance } from "../alerting/provenance.ts";
import { receiverNames, unlistedReceivers } from "../alerting/receivers.ts";
import { templatesIn } from "../alerting/lint.ts";
import { CONTACT_POINT } from "../alerting/shapes.ts";
import { reference } from "../reference.ts";
import { backup } from "./backup.ts";
import type { ContactPoint } from "./builder.ts";
import { desiredForm, observedForm } from "./canonical.ts";
import { checks } from "./checks.ts";
import { integrationFacts } from "./facts.ts";
import { findContactPoint, integrationsApi, listContactPoints, type LiveContactPoint } from "./live.ts";
import { lossOf } from "./losses.ts";
import { integrationsIn, progressOf } from "./progress.ts";
import { removeContactPoint } from "./remove.ts";
import { rollback } from "./rollback.ts";
import { ContactPointSchema } from "./schema.ts";
import { foreign } from "./foreign.ts";
import { source } from "./source.ts";
import { secrets } from "./secrets.ts";
import { sharedParts } from "./shared-parts.ts";
import { testing } from "./testing.ts";
import { writeContactPoint } from "./write.ts";

export const contactPointKind: ResourceKind<ContactPoint, LiveContactPoint> = {
  name: "contact-point",
  dependsOn: ["message-template"],
  marking: "ledger",
  idIs: "name",
  schema: ContactPointSchema,
  access: NOTIFICATION_ACCESS,

  id: ({ name }) => name,
  title: ({ name }) => name,
  references: ({ templates = [] }) =>
    templates.map((template, index) => reference(template, `templates[${index}]`, template.name)),

  list: listContactPoints,
  find: findContactPoint,

  desired: desiredForm,
  observed: observedForm,

  write: writeContactPoint,
  remove: removeContactPoint,
  rollback,

  backup,
  checks,
  comparison: { content: withoutProvenance, differences: (before, after) => diff(before, after, CONTACT_POINT) },
  deletion: { inParts: ({ integrations }) => integrations.length > 1, loss: lossOf },
  existing: {
    async create(client, name) {
      const all = await integrationsApi.list(client);
      const names = await receiverNames(client);
      // Grafana treats integrations with the same name as one contact point.
      if (names?.has(name) || all.some((one) => one.name === name)) return;
      const body = { name, type: "email", settings: { addresses: "existing@example.invalid" } };
      await integrationsApi.create(client, { body });
    },
    unlisted: ({ grafana }, names) => unlistedReceivers(grafana.client, names),
  },
  mappable: { setting: "contactPoints" },
  secrets,
  sharedParts,
  foreign,
  lint: {
    linted: ({ resource: { integrations } }) => ({
      templates: integrations.flatMap(({ settings }, index) =>
        templatesIn(settings, `integrations[${index}].settings`),
      ),
    }),
    unusedRule: "contact-point-unused",
  },
  source,
  testing,
  view: {
    section: { title: "Who is notified", rank: 310 },
    risks: {
      deletion: "is deleted: no more notifications are sent to it",
      update: "changes how notifications are sent",
    },
    facts: integrationFacts,
  },
  writing: {
    queue: NOTIFICATIONS,
    parts: (form) => Object.fromEntries(integrationsIn(form)),
    isPartial: (write, now) => progressOf(write, now).ours,
  },
};
