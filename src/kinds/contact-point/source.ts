import type { SourceContext, SourceFacet } from "../../engine/source.ts";
import { call, fromJson, listOf, objectOf, valueOf, type Expression } from "../../import/code/expression.ts";
import { withoutCredentials } from "../../import/without-credentials.ts";
import type { SecretUse } from "../../secrets/secret.ts";
import { equal, textOf, type JsonObject } from "../../util/json.ts";
import { objectsOf } from "../alerting/rule.ts";
import { contactPoint, type Integration, type IntegrationOptions } from "./builder.ts";
import { observedForm } from "./canonical.ts";
import { RECORDED, type Setting } from "./catalogue.ts";
import type { LiveContactPoint } from "./live.ts";
import { SETTINGS } from "./secrets.ts";
import * as types from "./types/index.ts";

export const source: SourceFacet<LiveContactPoint> = {
  directory: "alerts",
  file: "contact-points",
  write(live, context) {
    const integrations = objectsOf(observedForm(live)["integrations"]);
    return call(
      context.own("contactPoint", contactPoint),
      objectOf({
        name: valueOf(live.id),
        integrations: listOf(integrations.map((one) => integration(live, one, context))),
      }),
    );
  },
};

function integration({ id }: LiveContactPoint, { uid, type, ...rest }: JsonObject, context: SourceContext): Expression {
  const { settings = {}, ...others } = rest;
  const name = (path: readonly string[]) => [id, textOf(type), ...path].join(" ");
  const isAt = (use: SecretUse, path: readonly string[]) =>
    use.within === uid && equal(use.path.slice(SETTINGS).map(String), [...path]);
  const written = withoutCredentials(
    settings,
    (path) => context.secret(name(path), (use) => isAt(use, path)),
    "settings",
  );
  const options = {
    uid: valueOf(uid ?? ""),
    ...Object.fromEntries(Object.entries(others).map(([key, value]) => [key, fromJson(value)])),
  };
  const helper = HELPERS.get(textOf(type));
  if (helper && written && hasTypedSettings(textOf(type), written))
    return call(context.own(helper.name, helper.create), written, objectOf(options));
  return objectOf({ type: valueOf(type ?? ""), ...options, settings: written });
}

type Helper = (settings: never, options?: IntegrationOptions) => Integration;

/** The functions for integrations, such as `slack`, by type. */
const HELPERS = new Map(
  Object.entries<Helper>(types).map(([name, create]) => [create({} as never).type, { name, create }] as const),
);

/** Whether the type of a function's settings allows these. */
function hasTypedSettings(type: string, settings: Expression): boolean {
  if (settings.type !== "object") return false;
  const known = new Map((RECORDED.get(type) ?? []).map((one) => [one.name, one]));
  const given = new Map(settings.entries);
  const isMissing = ({ required, unless, when, name }: Setting) =>
    required === true && unless === undefined && when === undefined && !given.has(name);
  if ([...known.values()].some(isMissing)) return false;
  return [...given].every(([name, value]) => {
    const { form, secret, choices = [] } = known.get(name) ?? {};
    // A call is a secret.
    if (value.type === "call") return form === "text";
    if (value.type !== "value" || secret === true) return false;
    if (form === "flag") return typeof value.value === "boolean";
    if (typeof value.value !== "string") return false;
    return form === "choice" ? choices.includes(value.value) : form === "text";
  });
}
