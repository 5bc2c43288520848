import type { ChecksFacet } from "../../engine/facets.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import { address, type Desired } from "../../engine/model.ts";
import type { ErrorCode } from "../../util/error-codes.ts";
import type { Fault } from "../../util/errors.ts";
import type { ApiObject } from "./builder.ts";
import { groupOf, typeOf } from "./id.ts";
import { ACCESS, knownAs, missingFeature, NAMED_BY_GRAFANA, SECRET } from "./known-kinds.ts";
import { servedType, type LiveApiObject } from "./live.ts";
import { specFaults } from "./spec-faults.ts";

export const checks: ChecksFacet<ApiObject, LiveApiObject> = {
  code: (all, everything) => all.flatMap((one) => faultsIn(one, all, everything)),
  async supported(all, context) {
    return context ? [...editionFaults(context, all), ...(await specFaults(context, all))] : [];
  },
  async unsupported(context, { resource }) {
    const { apiVersion, objectKind } = resource;
    const served = await servedType(context, typeOf(resource));
    if (served?.apiVersion !== apiVersion)
      return {
        message: `this Grafana does not serve ${apiVersion} ${objectKind}`,
        hint: "turn on the feature that serves it, or use a version that Grafana serves",
      };
    if (!served.namespaced)
      return {
        message: `objects of ${apiVersion} ${objectKind} belong to no organization`,
        hint: "remove it from the code",
      };
    if (["create", "update", "delete"].every((verb) => served.verbs.includes(verb))) return undefined;
    return {
      message: `this Grafana serves ${apiVersion} ${objectKind} only with ${served.verbs.join(", ")}`,
      hint: "remove it from the code",
    };
  },
  // What such an object allows is known only to Grafana.
  revokes: ({ resource: { apiVersion } }) =>
    groupOf(apiVersion) === ACCESS ? "can take access away from others" : undefined,
};

/** Grafana Open Source serves such a type, or would with a feature toggle, and rejects each request for its objects. */
function editionFaults({ grafana: { edition } }: KindContext, all: readonly Desired<ApiObject>[]): Fault[] {
  return all.flatMap(({ resource, source }): Fault[] => {
    const feature = missingFeature(resource, edition);
    if (!feature) return [];
    const hint = "Remove it from the code, or use Grafana Enterprise or Cloud.";
    const message = `Grafana ${edition?.name} has no ${feature.title}, which ${typeOf(resource)} needs`;
    return [{ level: "error", code: "grafana-edition-unsupported", ...source, path: "kind", message, hint }];
  });
}

function faultsIn(
  one: Desired<ApiObject>,
  all: readonly Desired<ApiObject>[],
  everything: readonly Desired[],
): Fault[] {
  const { resource, source } = one;
  const type = typeOf(resource);
  const fault = (code: ErrorCode, path: string, message: string, hint: string): Fault => ({
    level: "error",
    code,
    ...source,
    path,
    message,
    hint,
  });
  const named = NAMED_BY_GRAFANA[type];
  if (named !== undefined)
    return [fault("code-object-known", "kind", `Grafana names objects of ${type} itself`, `Use ${named}({...}).`)];
  if (SECRET.has(type)) {
    const hint = "Use Grafana's UI or API: the plan would show the secret.";
    return [fault("code-secret-misplaced", "kind", `${type} contains a secret in plain text`, hint)];
  }
  const known = knownAs(resource);
  if (known && resource.allowKnownKind !== true) {
    const hint = `Use ${known.use}({...}). To manage it as a plain object, set allowKnownKind: true.`;
    return [fault("code-object-known", "kind", `${type} has a function of its own`, hint)];
  }
  const own = known?.id?.(resource) ?? resource.metadata.name;
  const twin = everything.find(({ kind, id }) => known?.kinds.includes(kind) === true && id === own);
  if (twin) {
    const message = `${address(twin)} in ${twin.source.file} defines the same object`;
    return [fault("code-resource-duplicate", "metadata.name", message, "Remove one of them.")];
  }
  const first = all.find((other) => typeOf(other.resource) === type);
  if (!first || first.resource.apiVersion === resource.apiVersion) return [];
  const message = `${first.source.file} uses ${first.resource.apiVersion} for the same type`;
  return [fault("code-object-version", "apiVersion", message, "Use one version for all objects of a type.")];
}
