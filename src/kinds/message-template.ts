import type { NotificationTemplate as SdkTemplate } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { z } from "zod";
import { address, type Desired, type LiveObject } from "../engine/model.ts";
import type { ResourceKind } from "../engine/resource.ts";
import type { Fault } from "../util/errors.ts";
import { call, objectOf, valueOf } from "../import/code/expression.ts";
import { textOf, type Json, type JsonObject } from "../util/json.ts";
import { listed } from "../util/plural.ts";
import { NAMED, namedObjects, type NamedObject } from "./alerting/named-objects.ts";
import { NOTIFICATION_ACCESS, NOTIFICATIONS } from "./alerting/notifications.ts";
import { withoutProvenance, withProvenance } from "./alerting/provenance.ts";
import { canonicalTemplate, definitionsIn, templateFault } from "./alerting/template.ts";

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
  /** Go template text. If it contains no `define`, Grafana wraps the text in a `define` with the template's name. */
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
  what: "a notification template",
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

  checks: {
    ...templates.checks,
    code: repeatedDefinitions,
    sideEffect(desired, _live, all) {
      const own = new Set(definedBy(desired.resource));
      const names = all.flatMap(({ id, content, ownership }) => {
        if (id === desired.id || ownership.state === "ours") return [];
        return definedBy({ name: id, template: content.template })
          .filter((name) => own.has(name))
          .map((name) => `"${name}" (message-template/${id})`);
      });
      return names.length === 0
        ? undefined
        : `defines what another template in Grafana defines: ${listed(names)}; Grafana uses only one of them`;
    },
  },
  comparison: { content: withoutProvenance },
  deletion: {
    // Grafana also deletes templates that are in use, after which notifications fail.
    obstacle(live, everything, deleted) {
      const users = (everything.get("contact-point") ?? []).filter(
        (point) =>
          // The project's own contact points are checked in the code.
          point.ownership.state !== "ours" &&
          !deleted.has(address({ kind: "contact-point", id: point.id })) &&
          definitionsIn(live.id, live.content.template).some(({ name }) => usedIn(point).has(name)),
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
  foreign: {
    provisioned: {
      property: "templates",
      read: ({ name, template }) => templateOf(name, template),
    },
    manifests: [
      {
        group: "grizzly.grafana.com",
        kind: "AlertNotificationTemplate",
        read: ({ name, spec }) => templateOf(spec["name"] ?? name, spec["template"]),
      },
      {
        group: "notifications.alerting.grafana.app",
        kind: "TemplateGroup",
        read: ({ spec: { title, content, kind } }) =>
          kind === "mimir" ? { left: "it is a template of an imported Alertmanager" } : templateOf(title, content),
      },
    ],
    terraform: { grafana_message_template: (attribute) => attribute("name") },
  },
  lint: {
    linted: ({ resource: { name, template } }) => ({
      templates: [
        {
          path: "template",
          text: template,
          functions: "notification",
          defines: definedBy({ name, template }),
          mustBeUsed: true,
        },
      ],
    }),
  },
  source: {
    directory: "alerts",
    file: "message-templates",
    write: ({ id, content }, { own }) =>
      call(
        own("messageTemplate", messageTemplate),
        objectOf({ name: valueOf(id), template: valueOf(content.template) }),
      ),
  },
  view: {
    section: { title: "Who is notified", rank: 330 },
    text: ({ template }) => template,
    facts: ({ template }) => [
      `defines ${listed(definedBy({ name: "", template: textOf(template) }).map((name) => `"${name}"`))}`,
    ],
  },
  writing: { queue: NOTIFICATIONS },
};

function templateOf(name: Json | undefined, template: Json | undefined): { value: MessageTemplate } {
  return { value: { kind: "message-template", name: textOf(name), template: textOf(template) } };
}

/** Grafana loads all templates together, and uses one of several definitions of a name. */
function repeatedDefinitions(all: readonly Desired<MessageTemplate>[]): Fault[] {
  const first = new Map<string, Desired<MessageTemplate>>();
  return all.flatMap((one) =>
    definedBy(one.resource).flatMap((name): Fault[] => {
      const other = first.get(name);
      first.set(name, other ?? one);
      if (!other) return [];
      const message =
        other === one
          ? `defines "${name}" twice, which Grafana rejects`
          : `defines "${name}", which ${address(other)} (${other.source.file}) defines too; Grafana uses only one of them`;
      return [{ level: "error", ...one.source, path: "template", message, hint: "Rename or remove one of them." }];
    }),
  );
}

function definedBy({ name, template }: Pick<MessageTemplate, "name" | "template">): string[] {
  return definitionsIn(name, template).flatMap((one) => (one.isEmpty ? [] : one.name));
}

function usedIn(point: LiveObject): Set<string> {
  const text = JSON.stringify("integrations" in point ? point.integrations : []).replaceAll('\\"', '"');
  return new Set([...text.matchAll(/\{\{-?\s*template\s+["`]([^"`]+)["`]/g)].map(([, name = ""]) => name));
}

function canonical(name: string, template: string): JsonObject {
  return { template: canonicalTemplate(name, template) };
}
