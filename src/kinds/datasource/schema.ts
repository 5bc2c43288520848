import { z } from "zod";
import { Secret } from "../../secrets/secret.ts";
import { Uid } from "../reference.ts";

export const DatasourceSchema = z.strictObject({
  kind: z.literal("datasource"),
  name: z.string().trim().min(1, "the name is empty"),
  type: z.string().min(1, "the type is empty: it is the plugin's id, such as prometheus"),
  uid: Uid.exactOptional(),
  url: z.string().min(1, "the URL is empty: leave it out, or is a variable of the environment unset?").exactOptional(),
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
      z.instanceof(Secret, { error: 'a secret stands in clear in the code: write secret(env("NAME"))' }),
    )
    .exactOptional(),
});
