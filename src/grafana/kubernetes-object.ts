import { z } from "zod";
import { isObject } from "../util/json.ts";
import { Managers } from "./managers.ts";
import { Status, StoredForm } from "./stored-form.ts";

// Other keys are dropped.
const Metadata = z.object({
  name: z.string(),
  /** Assigned by Grafana on creation. Clients can't set it. Absent in the legacy API. */
  uid: z.string().optional(),
  resourceVersion: z.string().default(""),
  generation: z.number().default(0),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
  managedFields: Managers,
  /** Of controllers, which would lose them in a write without them. */
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z.array(z.record(z.string(), z.unknown())).optional(),
});

/** Null if Grafana can't convert the stored object to the requested schema. */
const Body = z.preprocess((spec) => (spec === null ? {} : spec), z.record(z.string(), z.unknown()).optional());

const Known = z.object({
  metadata: Metadata,
  spec: Body,
  status: Status.optional(),
  /** Not part of Grafana's response: the result of `Collection.storedForm`. */
  stored: StoredForm.optional(),
  /** The properties next to `spec` that only some types have. */
  others: z.record(z.string(), z.unknown()).optional(),
});

/** A folder or dashboard in the shape of the Kubernetes-style API; without `spec` if only metadata was requested. */
export type KubernetesObject = z.infer<typeof Known>;

/** What is in every object. Grafana keeps `secure`, which has the names of secrets, if a write omits it. */
const COMMON: ReadonlySet<string> = new Set(["apiVersion", "kind", "secure", ...Object.keys(Known.shape)]);

export const KubernetesObject: z.ZodType<KubernetesObject> = z.preprocess((value) => {
  if (!isObject(value)) return value;
  const others = Object.entries(value).filter(([name]) => !COMMON.has(name));
  return others.length === 0 ? value : { others: Object.fromEntries(others), ...value };
}, Known);

/** Throws a `ZodError` for anything else. */
export function parseObject(value: unknown): KubernetesObject {
  return KubernetesObject.parse(value);
}
