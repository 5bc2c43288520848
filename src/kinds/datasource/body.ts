import { z } from "zod";
import { ask } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { unlessNotFound } from "../../grafana/errors.ts";

/** A datasource in Grafana's response. */
export const DatasourceBody = z.looseObject({
  uid: z.string(),
  name: z.string(),
  version: z.number().default(0),
  readOnly: z.boolean().default(false),
  isDefault: z.boolean().default(false),
  jsonData: z.record(z.string(), z.unknown()).nullish(),
  secureJsonFields: z.record(z.string(), z.boolean()).nullish(),
});

export type DatasourceBody = z.infer<typeof DatasourceBody>;

export function readBody(client: Client, uid: string): Promise<DatasourceBody | undefined> {
  return unlessNotFound(ask(client, { method: "GET", path: `/api/datasources/uid/${uid}` }, DatasourceBody));
}

/** Grafana returns which secrets are set, but never their values. */
export function secretKeys({ secureJsonFields }: DatasourceBody): string[] {
  return Object.entries(secureJsonFields ?? {}).flatMap(([key, set]) => (set ? [key] : []));
}

export function fieldsOf(body: DatasourceBody): Record<string, unknown> {
  return { uid: body.uid, ...Object.fromEntries(FIELDS.map((field) => [field, body[field]])) };
}

export const FIELDS = [
  "name",
  "type",
  "url",
  "access",
  "user",
  "database",
  "basicAuth",
  "basicAuthUser",
  "withCredentials",
] as const;
