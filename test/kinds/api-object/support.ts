import { resource, type ApiObject } from "../../../src/index.ts";
import type { TestGrafana } from "../../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../../helpers/mode.ts";

export const EXAMPLES = "/apis/example.grafana.app/v1alpha1/namespaces/default/examples";

/** Whether the tested Grafana has objects of this type whose owner is known. */
export const OBJECTS = KUBERNETES && MARKS;

/** An object as Grafana stores it. */
export interface StoredExample {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly firstField: string; readonly secondField: number };
}

/** An object of a type without a kind of its own. */
export function example(name: string, firstField: string): ApiObject {
  return resource({
    apiVersion: "example.grafana.app/v1alpha1",
    kind: "Example",
    metadata: { name },
    spec: { firstField },
  });
}

export async function everyExample({ other }: Pick<TestGrafana, "other">): Promise<StoredExample[]> {
  if (!OBJECTS) return [];
  return ((await other.send({ method: "GET", path: EXAMPLES })) as { items: StoredExample[] }).items;
}

/** Another user's object. */
export async function makeExample({ other }: Pick<TestGrafana, "other">, name: string): Promise<void> {
  await other.send({ method: "POST", path: EXAMPLES, body: { metadata: { name }, spec: { firstField: "theirs" } } });
}
