import type { SourceContext, SourceFacet } from "../../engine/source.ts";
import { call, fromJson, listOf, objectOf, valueOf, type Expression } from "../../import/code/expression.ts";
import { HIDDEN } from "../../secrets/secret.ts";
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
  const entries = Object.entries(rest).map(([key, value]) => {
    const secret = (one: unknown, name: string) =>
      one === HIDDEN ? context.secret(`${id} ${textOf(type)} ${name}`) : undefined;
    return [key, fromJson(value, secret, key)] as const;
  });
  return objectOf({ type: valueOf(type ?? ""), uid: valueOf(uid ?? ""), ...Object.fromEntries(entries) });
}
