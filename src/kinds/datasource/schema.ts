import { z } from "zod";
import { Secret } from "../../secrets/secret.ts";
import { Uid } from "../reference.ts";

export const DatasourceSchema = z.strictObject({
  kind: z.literal("datasource"),
  name: z.string().trim().min(1, "must not be empty"),
  type: z.string().min(1, "must not be empty; use the plugin's id, such as prometheus"),
  uid: Uid.exactOptional(),
  url: z.string().min(1, "must not be empty; check its environment variable, or omit it").exactOptional(),
  access: z.enum(["proxy", "direct"]).exactOptional(),
  isDefault: z.boolean().exactOptional(),
  user: z.string().exactOptional(),
  database: z.string().exactOptional(),
  basicAuth: z.boolean().exactOptional(),
  basicAuthUser: z.string().exactOptional(),
  withCredentials: z.boolean().exactOptional(),
  jsonData: z.record(z.string(), z.unknown()).exactOptional(),
  secureJsonData: z
    .record(
      z.string(),
      z.instanceof(Secret, { error: 'a secret is in plain text in the code; use secret(env("NAME"))' }),
    )
    .exactOptional(),
});
