import { z } from "zod";
import { isObject } from "../../util/json.ts";
import { ResourceReference } from "../reference.ts";
import type { ApiObject } from "./builder.ts";

/** Keys of annotations and labels that Grafana or this tool sets. */
const RESERVED = /^(?:[a-z\d-]+\.)*grafana\.app\/|^grafana-provision\//;

const Texts = z.record(
  z
    .string()
    .refine((key) => !RESERVED.test(key), "is reserved for Grafana and this tool; for the folder, use `folder`"),
  z.string(),
);

const ApiObjectReference = z.custom<ApiObject>(
  (value) => isObject(value) && value["kind"] === "api-object",
  "expected an object that resource({...}) returns",
);

export const ApiObjectSchema = z.strictObject({
  kind: z.literal("api-object"),
  apiVersion: z
    .string()
    .regex(
      /^[a-z\d][a-z\d.-]*\/v\d+(?:(?:alpha|beta)\d+)?$/,
      "must be a group and a version, such as example.grafana.app/v1alpha1",
    ),
  objectKind: z.string().regex(/^[A-Z][A-Za-z\d]*$/, "must be the `kind` of a type, such as Example"),
  metadata: z.strictObject({
    name: z
      .string()
      .max(253, "must have at most 253 characters")
      .regex(/^[A-Za-z\d](?:[A-Za-z\d._-]*[A-Za-z\d])?$/, "must consist of letters, digits, -, _ and ."),
    namespace: z.never("is the one of the organization; remove it").optional(),
    annotations: Texts.exactOptional(),
    labels: Texts.exactOptional(),
  }),
  spec: z.record(z.string(), z.unknown()),
  folder: ResourceReference("folder").nullable().exactOptional(),
  dependsOn: z.array(ApiObjectReference).exactOptional(),
  ignore: z
    .array(
      z.string().regex(/^spec\.[^.]+(?:\.[^.]+)*$/, "must be the path of a property in spec, such as spec.revision"),
    )
    .exactOptional(),
  allowKnownKind: z.boolean().exactOptional(),
  secure: z.never("is not supported: use the kind's own function, or Grafana's API").optional(),
});
