import type { NotificationTemplate as SdkTemplate } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { z } from "zod";
import { address, type LiveObject } from "../engine/model.ts";
import type { ResourceKind } from "../engine/resource.ts";
import { textOf, type JsonObject } from "../util/json.ts";
import { listed } from "../util/plural.ts";
import { NAMED, namedObjects, type NamedObject } from "./alerting/named-objects.ts";
import { NOTIFICATION_ACCESS, NOTIFICATIONS } from "./alerting/notifications.ts";
import { withoutProvenance, withProvenance } from "./alerting/provenance.ts";
import { canonicalTemplate, templateFault } from "./alerting/template.ts";

/** A reference to a notification template, by its name: the result of `existing.messageTemplate(name)`. */
export interface ExistingMessageTemplate {
  readonly kind: "message-template";
  readonly name: string;
  readonly existing: true;
}

/** A notification template, which contact points use. */
export interface MessageTemplate {
  readonly kind: "message-template";
  readonly name: string;
  /** Go template text with at least one `define`. Without one, Grafana wraps it in a `define` with the template's name. */
  readonly template: string;
}

/**
 * Defines a notification template, from a plain typed object or one of the SDK's builders.
 *
 * @example export const slack = messageTemplate({ name: "slack", template: '{{ define "slack.title" }}{{ .Status }}{{ end }}' });
 */
export function messageTemplate(template: Omit<MessageTemplate, "kind"> | Builder<SdkTemplate>): MessageTemplate {
  if (!("build" in template)) return { kind: "message-template", ...template };
  const { name = "", template: text = "" } = template.build();
  return { kind: "message-template", name, template: text };
}

const MessageTemplateSchema = z
  .strictObject({
    kind: z.literal("message-template"),
    name: z.string().trim().min(1, "must not be empty"),
    template: z.string().trim().min(1, "must not be empty"),
  })
  .superRefine(({ name, template }, context) => {
    const fault = templateFault(template, name);
    if (fault) context.addIssue({ code: "custom", path: ["template"], message: fault });
  });

type LiveTemplate = NamedObject<Pick<MessageTemplate, "template">>;

const templates = namedObjects({
  kind: "message-template",
  what: "a message template",
  collection: "/api/v1/provisioning/templates",
  answer: z.looseObject({ ...NAMED, template: z.string() }),
  contentOf: ({ template }) => ({ template }),
  bodyOf: (_name, content) => content,
  createdBy: "PUT",
});

/** @internal */
export const messageTemplateKind: ResourceKind<MessageTemplate, LiveTemplate> = {
  name: "message-template",
  dependsOn: [],
  marking: "ledger",
  idIs: "name",
  schema: MessageTemplateSchema,
  access: NOTIFICATION_ACCESS,

  id: ({ name }) => name,
  title: ({ name }) => name,
  references: () => [],

  list: templates.list,
  find: templates.find,

  desired: ({ resource }, live) =>
    withProvenance(canonical(resource.name, resource.template), live, live?.wantedProvenance),
  observed: (live) => withProvenance(canonical(live.id, live.content.template), live, live.provenance),

  write: (context, write) => templates.write(context, write, { template: write.desired.resource.template }),
  remove: templates.remove,
  rollback: templates.rollback,

  checks: templates.checks,
  comparison: { content: withoutProvenance },
  deletion: {
    // Grafana also deletes templates that are in use, after which notifications fail.
    obstacle(live, everything, deleted) {
      const users = (everything.get("contact-point") ?? []).filter(
        (point) =>
          // The project's own contact points are checked in the code.
          point.ownership.state !== "ours" &&
          !deleted.has(address({ kind: "contact-point", id: point.id })) &&
          definedIn(live.content.template).some((name) => usedIn(point).has(name)),
      );
      if (users.length === 0) return undefined;
      const names = users.map(({ id }) => address({ kind: "contact-point", id }));
      return `it is used by ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
    },
  },
  existing: {
    async create(client, name) {
      const all = await templates.api.list(client);
      // A PUT would replace an existing template.
      if (all.some((one) => one.name === name)) return;
      const body = { template: `{{ define "${name}" }}{{ end }}` };
      await templates.api.replace(client, { name, body });
    },
  },
  view: {
    section: { title: "Who is notified", rank: 330 },
    text: ({ template }) => template,
    facts: ({ template }) => [`defines ${listed(definedIn(textOf(template)).map((name) => `"${name}"`))}`],
  },
  writing: { queue: NOTIFICATIONS },
};

/** The names that a template defines. Contact points use these, not the name of the template. */
function definedIn(template: string): string[] {
  return [...template.matchAll(/\{\{-?\s*define\s+["`]([^"`]+)["`]/g)].map(([, name = ""]) => name);
}

function usedIn(point: LiveObject): Set<string> {
  const text = JSON.stringify("integrations" in point ? point.integrations : []).replaceAll('\\"', '"');
  return new Set([...text.matchAll(/\{\{-?\s*template\s+["`]([^"`]+)["`]/g)].map(([, name = ""]) => name));
}

function canonical(name: string, template: string): JsonObject {
  return { template: canonicalTemplate(name, template) };
}
