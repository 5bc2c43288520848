import { z } from "zod";
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

export const KubernetesObject = z.object({
  metadata: Metadata,
  spec: Body,
  status: Status.optional(),
  /** Not part of Grafana's response: the result of `Collection.storedForm`. */
  stored: StoredForm.optional(),
});

/** A folder or dashboard in the shape of the Kubernetes-style API; without `spec` if only metadata was requested. */
export type KubernetesObject = z.infer<typeof KubernetesObject>;

/** Throws a `ZodError` for anything else. */
export function parseObject(value: unknown): KubernetesObject {
  return KubernetesObject.parse(value);
}
