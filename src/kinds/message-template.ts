import type { NotificationTemplate as SdkTemplate } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { z } from "zod";
import { canonicalTemplate, templateFault } from "./alerting/template.ts";
import type { JsonObject } from "../util/json.ts";
import { createdSincePlan } from "../engine/conflicts.ts";
import { address, type LiveObject } from "../engine/model.ts";
import type { KindContext } from "../engine/kind-context.ts";
import type { ResourceKind } from "../engine/resource.ts";
import { ask } from "../grafana/ask.ts";
import { unlessNotFound } from "../grafana/errors.ts";
import {
  ledgerOwnership,
  NOTIFICATION_ACCESS,
  NOTIFICATIONS,
  provenanceHeaders,
  provenanceLimits,
  provenanceObstacle,
  provenanceOf,
  removeVersion,
  restoreHeaders,
  withoutProvenance,
  withProvenance,
  type Provisioned,
} from "./alerting/provisioned.ts";

/** A notification template that Grafana has and the code doesn't manage: made by `existing.messageTemplate(name)`. */
export interface ExistingMessageTemplate {
  readonly kind: "message-template";
  readonly name: string;
  readonly existing: true;
}

/** A notification template: what contact points say. */
export interface MessageTemplate {
  readonly kind: "message-template";
  readonly name: string;
  /** Go template text with one or more `define`s; without any, Grafana wraps it in one of the template's name. */
  readonly template: string;
}

/**
 * Declares a notification template, from a plain typed object or one of the SDK's builders.
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
    name: z.string().trim().min(1, "the name is empty"),
    template: z.string().trim().min(1, "the template is empty"),
  })
  .superRefine(({ name, template }, context) => {
    const fault = templateFault(template, name);
    if (fault) context.addIssue({ code: "custom", path: ["template"], message: fault });
  });

const Answer = z.looseObject({
  name: z.string(),
  template: z.string(),
  version: z.string().default(""),
  provenance: z.string().default(""),
});

interface LiveTemplate extends LiveObject, Provisioned {
  readonly template: string;
}

const PATH = "/api/v1/provisioning/templates";

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

  async list(context) {
    const answers = await ask(context.grafana.client, { method: "GET", path: PATH }, z.array(Answer).nullable());
    return (answers ?? []).map((answer) => liveTemplate(answer, context));
  },
  async find(context, id) {
    const path = `${PATH}/${encodeURIComponent(id)}`;
    const answer = await unlessNotFound(ask(context.grafana.client, { method: "GET", path }, Answer));
    return answer === undefined ? undefined : liveTemplate(answer, context);
  },

  desired: ({ resource }, live) =>
    withProvenance(canonical(resource.name, resource.template), live, live?.wantedProvenance),
  observed: (live) => withProvenance(canonical(live.id, live.template), live, live.provenance),
  write: (context, { desired, live }) =>
    save(context, {
      id: desired.id,
      live,
      template: desired.resource.template,
      headers: provenanceHeaders(context, live),
    }),
  remove: (context, live) => removeVersion(context, PATH, live),

  rollback: {
    snapshot: ({ id, template, provenance }) => ({ name: id, template, provenance }),
    restoreSnapshot: (context, snapshot) => liveTemplate(Answer.parse(snapshot), context),
    content: withoutProvenance,
    limits: (restore) => provenanceLimits("a message template", restore),
    restore: (context, { before, live }) =>
      save(context, { id: before.id, live, template: before.template, headers: restoreHeaders(before, live) }),
  },

  checks: { obstacle: (_desired, live) => provenanceObstacle("a message template", live) },
  comparison: { content: withoutProvenance },
  deletion: {
    // Grafana deletes one in use, too, and notifications fail from then on.
    obstacle(live, everything, deleted) {
      const users = (everything.get("contact-point") ?? []).filter(
        (point) =>
          // What the project's own contact points say is the code's affair.
          point.ownership.state !== "ours" &&
          !deleted.has(address({ kind: "contact-point", id: point.id })) &&
          definedIn(live.template).some((name) => usedIn(point).has(name)),
      );
      if (users.length === 0) return undefined;
      const names = users.map(({ id }) => address({ kind: "contact-point", id }));
      return `it is used by ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
    },
  },
  existing: {
    async create(client, name) {
      const all = await ask(client, { method: "GET", path: PATH }, z.array(Answer).nullable());
      // A PUT replaces what is there.
      if (all?.some((one) => one.name === name)) return;
      const body = { template: `{{ define "${name}" }}{{ end }}` };
      await client.send({ method: "PUT", path: `${PATH}/${encodeURIComponent(name)}`, body });
    },
  },
  view: { section: { title: "Who is notified", rank: 330 }, text: ({ template }) => template },
  writing: { queue: NOTIFICATIONS },
};

interface Saving {
  readonly id: string;
  readonly live: LiveTemplate | undefined;
  readonly template: string;
  readonly headers: Record<string, string>;
}

async function save(context: KindContext, { id, live, template, headers }: Saving): Promise<void> {
  // A PUT without a version takes whatever is there.
  if (!live && (await messageTemplateKind.find(context, id))) throw createdSincePlan({ kind: "message-template", id });
  const body = { template, ...(live ? { version: live.version } : {}) };
  const path = `${PATH}/${encodeURIComponent(id)}`;
  await ask(context.grafana.client, { method: "PUT", path, body, headers }, Answer);
}

function liveTemplate(
  { name, template, version, provenance }: z.infer<typeof Answer>,
  context: KindContext,
): LiveTemplate {
  return {
    id: name,
    title: name,
    version,
    ...ledgerOwnership(context, address({ kind: "message-template", id: name }), name, provenance),
    ...provenanceOf(context, provenance),
    complete: true,
    template,
  };
}

/** What a template's text defines: contact points use these, not the template's own name. */
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
