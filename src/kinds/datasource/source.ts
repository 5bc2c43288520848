import type { SourceContext, SourceFacet } from "../../engine/source.ts";
import { call, objectOf, valueOf, type Expression } from "../../import/code/expression.ts";
import { withoutCredentials } from "../../import/without-credentials.ts";
import { isObject, textOf, type JsonObject } from "../../util/json.ts";
import { datasource } from "./builder.ts";
import { observedForm } from "./canonical.ts";
import type { LiveDatasource } from "./live.ts";

export const source: SourceFacet<LiveDatasource> = {
  directory: "datasources",
  file: "datasources",
  existing: ({ body }) => [textOf(body["type"])],
  write(live, context) {
    const { secureJsonData, ...form } = observedForm(live);
    const { name, type, isDefault, ...rest } = form;
    return call(
      context.own("datasource", datasource),
      objectOf({
        uid: valueOf(live.id),
        name: valueOf(name ?? ""),
        type: valueOf(type ?? ""),
        ...(isDefault === true ? { isDefault: valueOf(true) } : {}),
        ...entries(rest, context),
        secureJsonData: isObject(secureJsonData) ? secretsOf(live, secureJsonData, context) : undefined,
      }),
    );
  },
};

/** Only `secureJsonData` can contain secrets, so other credentials are left out. */
function entries(form: JsonObject, context: SourceContext): Record<string, Expression | undefined> {
  const leaveOut = (path: readonly string[]) => {
    context.leaveOut(path.join("."));
    return undefined;
  };
  return Object.fromEntries(
    Object.entries(form).map(([key, value]) => [
      key,
      withoutCredentials(value, (path) => leaveOut([key, ...path]), key),
    ]),
  );
}

function secretsOf({ title }: LiveDatasource, secrets: JsonObject, context: SourceContext): Expression {
  return objectOf(
    Object.fromEntries(
      Object.keys(secrets).map((key) => [key, context.secret(`${title} ${key}`, ({ path }) => path.at(-1) === key)]),
    ),
  );
}
