import { accessForRoles } from "./access/resource-access.ts";
import type { Routes, SandboxContext } from "./context.ts";
import { reply } from "./http.ts";
import { isObject, text, type JsonObject } from "./json.ts";
import type { KindRules } from "./k8s/kind-rules.ts";
import type { Resource } from "./k8s/resource.ts";
import { addResourceRoutes } from "./k8s/routes.ts";
import { failure, invalid, wrongType } from "./k8s/status.ts";
import { unifiedStorage } from "./k8s/storage.ts";
import { exampleNames } from "./names.ts";

/** Objects of the API that Grafana serves as an example for its developers. No other part of Grafana uses them. */
export async function openExamples(context: SandboxContext): Promise<Resource> {
  const rules: KindRules = {
    names: exampleNames,
    normalize(draft, previous) {
      if (previous === undefined) draft.annotations["example.grafana.app/mutated"] = "";
    },
    validate({ name, resourceVersion }, previous) {
      if (previous !== undefined && resourceVersion === "") {
        const message = "Invalid value: 0: must be specified for an update";
        throw invalid({ ...exampleNames, kind: exampleNames.plural }, name, [
          { field: "metadata.resourceVersion", reason: "FieldValueInvalid", message },
        ]);
      }
      if (!/^[a-zA-Z0-9:._-]*$/.test(name))
        throw failure(500, "invalid request key: name must consist of alphanumeric characters, '-', '_', ':' or '.'");
    },
    access: accessForRoles,
    grants: () => [],
    dryRunGeneration: 0,
    keepsManagers: () => true,
    generations: ({ spec, more }, previous) => (spec === previous.spec && more === previous.more ? 0 : 1),
    guard: async <T>(task: () => Promise<T>) => task(),
  };
  return context.openResource(rules, { ...unifiedStorage(context.clock), internalId: () => undefined });
}

export function exampleRoutes(examples: Resource): Routes {
  return (app) => {
    addResourceRoutes(app, {
      resource: examples,
      versions: VERSIONS,
      decode,
      more: customIn,
      convert: ({ spec, more = customIn({}) }) => ({ spec, status: '{"lastObservedGeneration":0}', more }),
    });
    for (const version of VERSIONS) {
      const { group } = exampleNames;
      app.get(`/openapi/v3/apis/${group}/${version}`, () => reply(200, schemaOf(group, version)));
    }
  };
}

/** A property next to `spec`, which a write without it clears. */
function customIn({ custom }: JsonObject): string {
  const { myField, otherField } = isObject(custom) ? custom : {};
  return `"custom":${JSON.stringify({ myField: text(myField), otherField: text(otherField) })}`;
}

const VERSIONS = ["v1alpha1", "v0alpha1"];

/** Keeps only the fields that Grafana knows, and adds the required ones. */
function decode(sent: JsonObject): JsonObject {
  const { firstField = "", secondField = 0, list } = sent;
  if (typeof firstField !== "string") throw wrongType("spec.firstField", "string");
  if (!Number.isInteger(secondField)) throw wrongType("spec.secondField", "integer");
  return { firstField, secondField, ...(isObject(list) ? { list } : {}) };
}

function schemaOf(group: string, version: string): JsonObject {
  const path = `com.github.grafana.grafana.apps.example.pkg.apis.example.${version}`;
  const reference = (name: string) => ({ $ref: `#/components/schemas/${path}.${name}` });
  return {
    openapi: "3.0.0",
    info: { title: "Grafana API Server", version: "v0.0.0" },
    paths: {},
    components: {
      schemas: {
        [`${path}.Example`]: {
          type: "object",
          required: ["kind", "apiVersion", "metadata", "spec"],
          properties: { spec: { description: "Spec is the spec of the Example", allOf: [reference("ExampleSpec")] } },
          "x-kubernetes-group-version-kind": [{ group, kind: "Example", version }],
        },
        [`${path}.ExampleSpec`]: {
          type: "object",
          required: ["firstField", "secondField"],
          properties: {
            firstField: { type: "string" },
            list: reference("ExampleDefinedType"),
            secondField: { type: "integer" },
          },
          additionalProperties: false,
        },
        [`${path}.ExampleDefinedType`]: {
          type: "object",
          required: ["info"],
          properties: { info: { type: "string" }, next: reference("ExampleDefinedType") },
          additionalProperties: false,
        },
      },
    },
  };
}
