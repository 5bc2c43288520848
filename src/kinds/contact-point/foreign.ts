import type { ForeignContext, ForeignFacet } from "../../engine/foreign.ts";
import { masked } from "../../secrets/mask.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../util/json.ts";
import { withSecretsHidden } from "../alerting/integration-secrets.ts";
import { objectsOf } from "../alerting/rule.ts";
import type { ContactPoint, Integration } from "./builder.ts";
import { REDACTED } from "./live.ts";

export const foreign: ForeignFacet = {
  provisioned: {
    property: "contactPoints",
    read({ name: given, receivers }, context) {
      const name = textOf(context.interpolated(given ?? "")).trim();
      const integrations = objectsOf(receivers).map((one) =>
        integrationOf({ ...one, settings: settingsIn(one) }, name, context, PROVISIONED),
      );
      return integrations.length === 0 ? { left: "it has no receivers" } : { value: pointOf(name, integrations) };
    },
  },
  manifests: [
    {
      group: "grizzly.grafana.com",
      kind: "AlertContactPoint",
      read: ({ name: uid, spec }, context) => {
        const name = textOf(spec["name"]);
        return { value: pointOf(name, [integrationOf({ uid, ...spec }, name, context)]) };
      },
    },
    {
      group: "notifications.alerting.grafana.app",
      kind: "Receiver",
      read({ spec }, context) {
        const name = textOf(spec["title"]);
        const integrations = objectsOf(spec["integrations"]).map((one) =>
          integrationOf({ ...one, settings: withSecureFields(one) }, name, context),
        );
        return integrations.length === 0 ? { left: "it has no integrations" } : { value: pointOf(name, integrations) };
      },
    },
  ],
  terraform: { grafana_contact_point: (attribute) => attribute("name") },
  // Grizzly stores each integration as an object.
  combine: (one, other) => {
    const [first, second] = [one, other] as readonly [ContactPoint, ContactPoint];
    return pointOf(first.name, [...first.integrations, ...second.integrations]);
  },
};

function pointOf(name: string, integrations: readonly Integration[]): ContactPoint {
  return { kind: "contact-point", name, integrations };
}

/** Exports of old versions have secrets apart. */
function settingsIn({ settings, secureSettings }: JsonObject): JsonObject {
  return {
    ...(isObject(settings) ? settings : {}),
    ...(isObject(secureSettings) ? secureSettings : {}),
  };
}

/** The settings with the secrets that the API names without their values. A name can be a path. */
function withSecureFields({ settings, secureFields }: JsonObject): JsonObject {
  const names = Object.entries(isObject(secureFields) ? secureFields : {}).flatMap(([name, is]) => (is ? name : []));
  return names.reduce((all, name) => withRedacted(all, name.split(".")), isObject(settings) ? settings : {});
}

function withRedacted(settings: JsonObject, [head = "", ...rest]: readonly string[]): JsonObject {
  const inner = settings[head];
  return {
    ...settings,
    [head]: rest.length === 0 ? REDACTED : withRedacted(isObject(inner) ? inner : {}, rest),
  };
}

/** How a file means the texts of settings. */
interface Texts {
  /** Whether a text is only a reference to a variable. */
  isVariable(text: string, context: ForeignContext): boolean;
  /** A text that is not a secret. */
  shown(text: string, context: ForeignContext): Json;
}

const LITERAL: Texts = { isVariable: () => false, shown: (text) => text };

/** Grafana also replaces variables within the texts of a provisioning file, even those of a template. */
const PROVISIONED: Texts = {
  isVariable: (text, context) => context.isVariable(text),
  shown: (text, context) => context.interpolated(text),
};

function integrationOf(
  { uid, type, settings, disableResolveMessage }: JsonObject,
  name: string,
  context: ForeignContext,
  texts: Texts = LITERAL,
): Integration {
  const own = isObject(settings) ? settings : {};
  const hidden = masked({ settings: withSecretsHidden(textOf(type), own) })["settings"] ?? null;
  const words = [name, textOf(type)];
  return {
    type: textOf(type),
    ...(textOf(uid) === "" ? {} : { uid: textOf(uid) }),
    settings: withSecrets(own, hidden, words, context, texts) as Readonly<Record<string, unknown>>,
    ...(disableResolveMessage === true || disableResolveMessage === "true" ? { disableResolveMessage: true } : {}),
  };
}

/** The value with a secret in place of each text that Grafana or a report hides. */
function withSecrets(
  value: Json,
  hidden: Json,
  words: readonly string[],
  context: ForeignContext,
  texts: Texts,
): unknown {
  if (isObject(value)) {
    const shown = isObject(hidden) ? hidden : undefined;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) =>
        item === "" || item === null
          ? []
          : [[key, withSecrets(item, shown ? (shown[key] ?? null) : hidden, [...words, key], context, texts)]],
      ),
    );
  }
  if (Array.isArray(value)) {
    const shown = Array.isArray(hidden) ? hidden : [];
    return value.map((item, index) =>
      withSecrets(item, shown[index] ?? null, [...words, String(index)], context, texts),
    );
  }
  if (typeof value !== "string") return value;
  const isSecret = value !== hidden || value === REDACTED || texts.isVariable(value, context);
  return isSecret ? context.secret(value, words.join(" ")) : texts.shown(value, context);
}
