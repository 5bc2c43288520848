import { z } from "zod";
import { ResourceReference, Uid } from "../reference.ts";

export const ContactPointSchema = z.strictObject({
  kind: z.literal("contact-point"),
  name: z.string().trim().min(1, "must not be empty"),
  integrations: z
    .array(
      z.strictObject({
        type: z.string().min(1, "must not be empty; use a type such as email, slack or webhook"),
        uid: Uid.exactOptional(),
        settings: z.record(z.string(), z.unknown()),
        disableResolveMessage: z.boolean().exactOptional(),
      }),
    )
    .min(1, "must contain at least one integration"),
  templates: z.array(ResourceReference("message-template")).exactOptional(),
});
