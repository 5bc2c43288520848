import type { SourceContext, SourceFacet } from "../../engine/source.ts";
import { call, fromJson, listOf, objectOf, valueOf, type Expression } from "../../import/code/expression.ts";
import { withoutCredentials } from "../../import/without-credentials.ts";
import { textOf, type JsonObject } from "../../util/json.ts";
import { objectsOf } from "../alerting/rule.ts";
import { contactPoint } from "./builder.ts";
import { observedForm } from "./canonical.ts";
import type { LiveContactPoint } from "./live.ts";

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
  return objectOf({
    type: valueOf(type ?? ""),
    uid: valueOf(uid ?? ""),
    ...Object.fromEntries(Object.entries(others).map(([key, value]) => [key, fromJson(value)])),
    settings: withoutCredentials(settings, (path) => context.secret(name(path)), "settings"),
  });
}
