import type { ContactPoint as SdkContactPoint } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { ExistingMessageTemplate, MessageTemplate } from "../message-template.ts";

/** A reference to a contact point, by its name: the result of `existing.contactPoint(name)`. */
export interface ExistingContactPoint {
  readonly kind: "contact-point";
  readonly name: string;
  readonly existing: true;
}

/** An integration of a contact point. Functions such as `slack` and `email` create one with typed settings. */
export interface Integration {
  /** The type in Grafana's documentation: `email`, `slack`, `webhook`, `pagerduty`… */
  readonly type: string;
  /**
   * Letters, digits, `-` and `_`, at most 40. Default: the uid of the most similar existing integration of the same type. If there
   * is none, the uid is derived from the project, the contact point's name, and the integration's type and position.
   */
  readonly uid?: string;
  /** The settings in the integration's documentation. `secret(env("NAME"))` is supported at any place. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly disableResolveMessage?: boolean;
}

/** The properties of an integration besides its settings. */
export type IntegrationOptions = Pick<Integration, "uid" | "disableResolveMessage">;

/** @internal */
export function integration(type: string, settings: object, options: IntegrationOptions = {}): Integration {
  return { type, ...options, settings: { ...settings } };
}

/** A contact point: integrations with a common name. Policies and rules refer to this object. */
export interface ContactPoint {
  readonly kind: "contact-point";
  readonly name: string;
  readonly integrations: readonly Integration[];
  /** Templates that the settings use. The tool writes those that the code defines before the contact point. Each `existing.messageTemplate()` must exist in Grafana or in the code. */
  readonly templates?: readonly (MessageTemplate | ExistingMessageTemplate)[];
}

/**
 * Defines a contact point. Its integrations are plain typed objects or the SDK's `ContactPointBuilder`.
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
