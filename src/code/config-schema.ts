import { z } from "zod";
import { parseDuration } from "../util/duration.ts";
import { SOURCE } from "../secrets/secret.ts";
import type { AnyValues } from "./standard-schema.ts";

function isSchema(value: unknown): boolean {
  // Some libraries make their schemas functions.
  return value !== null && ["object", "function"].includes(typeof value) && "~standard" in (value as object);
}

// The owner becomes a Kubernetes label value.
const Owner = z
  .string()
  .max(63, "must have at most 63 characters")
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/, "must consist of letters and digits, with . _ - in between");

const Targets = z
  .record(
    z.string().min(1),
    z.union([
      z.string().min(1, "must not be empty"),
      z.strictObject({ name: z.string().min(1, "must not be empty"), type: z.string().min(1).exactOptional() }),
    ]),
  )
  .exactOptional();

const Variable = z.string().regex(/^[A-Za-z_]\w*$/, "must be the name of a variable, not a value");

const SOURCES = [
  z.strictObject({ env: Variable }),
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ command: z.tuple([z.string().min(1)], z.string()) }),
] as const;

const Secrets = z
  .record(z.string().regex(SOURCE, "must consist of letters, digits, . _ and -"), z.union([Variable, ...SOURCES]))
  .exactOptional();

const Waves = z
  .array(z.array(z.string().min(1)).min(1))
  .min(1)
  .exactOptional();

/** Checks the default export of a configuration. */
export const ConfigSchema = z.strictObject({
  project: Owner,
  id: z
    .string()
    .regex(/^[\w-]{8,64}$/, "must consist of 8 to 64 letters, digits, - and _")
    .exactOptional(),
  resources: z.array(z.string().min(1)).min(1).exactOptional(),
  alerting: z.strictObject({ provenance: z.enum(["api", "none"]).exactOptional() }).exactOptional(),
  ledgerFolder: z.string().min(1).exactOptional(),
  lint: z
    .strictObject({
      rules: z.record(z.string(), z.enum(["off", "warning", "error"])).exactOptional(),
      ignore: z.record(z.string(), z.array(z.string())).exactOptional(),
      scrapeInterval: z
        .string()
        .refine((text) => (parseDuration(text) ?? 0) > 0, "must be a duration such as 15s")
        .exactOptional(),
    })
    .exactOptional(),
  runs: z
    .union([
      z.string().min(1),
      z.strictObject({
        directory: z.string().min(1).exactOptional(),
        keep: z.number().int().positive().exactOptional(),
      }),
    ])
    .exactOptional(),
  environments: z
    .record(
      z.string(),
      z.strictObject({
        url: z
          .url({ protocol: /^https?$/, error: "must be a URL such as https://grafana.example.org" })
          .exactOptional(),
        owner: Owner.exactOptional(),
        orgId: z.number().int().positive().exactOptional(),
        organization: z.union([z.string().min(1), z.number().int().positive()]).exactOptional(),
        drift: z.enum(["refuse", "overwrite"]).exactOptional(),
        values: z.record(z.string(), z.unknown()).exactOptional(),
        labels: z.record(z.string(), z.string()).exactOptional(),
        datasources: Targets,
        folders: Targets,
        contactPoints: Targets,
        secrets: Secrets,
        token: z.union(SOURCES).exactOptional(),
      }),
    )
    .exactOptional(),
  secrets: Secrets,
  waves: Waves,
  valuesSchema: z.custom<AnyValues>(isSchema, "must be a Zod schema, or another Standard Schema").exactOptional(),
});
