import type { ContactPoint as SdkContactPoint } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { ExistingMessageTemplate, MessageTemplate } from "../message-template.ts";

/** A contact point that Grafana has and the code doesn't manage: made by `existing.contactPoint(name)`. */
export interface ExistingContactPoint {
  readonly kind: "contact-point";
  readonly name: string;
  readonly existing: true;
}

/** One way in which a contact point notifies. */
export interface Integration {
  /** `email`, `slack`, `webhook`, `pagerduty`… as Grafana's documentation names them. */
  readonly type: string;
  /** Letters, digits, `-` and `_`, 40 at most. Default: derived from the project, the name, the type and its number. */
  readonly uid?: string;
  /** As the integration's documentation names them; `secret(env("NAME"))` at any place. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly disableResolveMessage?: boolean;
}

/** A contact point: several integrations under one name. Policies and rules name it by its object. */
export interface ContactPoint {
  readonly kind: "contact-point";
  readonly name: string;
  readonly integrations: readonly Integration[];
  /** Templates that the settings name: written before, and checked to be there. */
  readonly templates?: readonly (MessageTemplate | ExistingMessageTemplate)[];
}

/**
 * Declares a contact point. Its integrations are plain typed objects or the SDK's `ContactPointBuilder`.
 *
 * @example
 * export const ops = contactPoint({
 *   name: "ops",
 *   integrations: [{ type: "slack", settings: { recipient: "#ops", url: secret(env("SLACK_WEBHOOK_URL")) } }],
 * });
 */
export function contactPoint(
  point: Omit<ContactPoint, "kind" | "integrations"> & {
    readonly integrations: readonly (Integration | Builder<SdkContactPoint>)[];
  },
): ContactPoint {
  return { kind: "contact-point", ...point, integrations: point.integrations.map(integrationOf) };
}

function integrationOf(one: Integration | Builder<SdkContactPoint>): Integration {
  if (!("build" in one)) return one;
  const { type, uid, settings, disableResolveMessage } = one.build();
  return {
    type,
    settings: settings as Record<string, unknown>,
    ...(uid ? { uid } : {}),
    ...(disableResolveMessage === undefined ? {} : { disableResolveMessage }),
  };
}
